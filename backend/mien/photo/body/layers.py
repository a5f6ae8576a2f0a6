# SPDX-License-Identifier: GPL-3.0-or-later
"""A half-length photo as layers: background, base (torso, head, upper arms), and each forearm with its hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import (
    binary_closing,
    binary_dilation,
    binary_erosion,
    binary_propagation,
    distance_transform_edt,
    gaussian_filter,
    grey_dilation,
    label,
    maximum_filter,
)

from mien.body_tracking.body import SIDES, TrackedBody
from mien.body_tracking.pose import ELBOWS, SHOULDERS, WRISTS
from mien.engines.diffted.reach import reach_of
from mien.numeric.smoothstep import smoothstep
from mien.photo import PortraitRefused
from mien.photo.body.cutout import Surroundings, arm_mask, likely
from mien.photo.body.texture_fill import texture_filled
from mien.photo.body.trunk import torso, torso_behind, trunk, upper_arms
from mien.photo.fill import filled
from mien.photo.matte import Layers, exactly_over, person_matte, plain_border, split

GATE = (0.3, 0.7)  # of the pose's mask, over which a pixel counts as the person's
GATE_ROOM = 9 / 256  # of the picture, by which that mask is grown
MORE = 0.035  # shoulder widths around a forearm that are taken from the base with it
RIM = 3  # times as far, where there is skin
LEAST_PALM = 0.17  # shoulder widths: a palm seen from its edge is as wide as that, too
DISC = 1.3  # half widths of the forearm: the radius of the elbow, which both layers have
KEPT, BARE = 0.8, 1.8  # of the disc: what the base keeps of it towards the wrist; around it no clothes are taken from
BEYOND = (0.6, 0.85)  # of the matte that is carried on behind an arm, over which it counts outside the trunk
SHIRT, ENOUGH = (
    0.85,
    0.2,
)  # of the way to the hips, where clothes are taken from; of what is removed, as much as they need
UNLIKE = 25.0  # of 255: what differs by less from what is about an arm is none of it
NEARER = 1.5  # times as far from the colours of an arm, shaded at its edge, as from those about it
SOFT, EDGE = 2.0, 0.8  # pixels of the edge of what is removed, and the blur of one that is made up
SLEEVE = 0.32  # shoulder widths: how thick an upper arm with its sleeve may be
GAP = 0.04  # shoulder widths: half of a gap between torso and arm that is shut
MIXED = 2  # pixels at an edge that have the colours of both sides
LIKELY = 0.6  # chance of a colour from which it is skin
FUZZ = 0.05  # shoulder widths around the person that go with them
FADE = 0.5  # of the disc, where the forearm's layer begins to end


@dataclass(frozen=True, eq=False)
class ArmLayer:
    """One forearm with its hand. image (H, W, 4) uint8 premultiplied: it alone; ring (H, W, 4): with what surrounds it,
    so that at rest it is the photo over the base; palm, disc: pixels."""

    side: str
    image: np.ndarray
    ring: np.ndarray
    palm: float
    disc: float


@dataclass(frozen=True, eq=False)
class _Cut:
    """A forearm with its hand as cut out: its mask (H, W) float32; palm, disc: pixels; away (H, W): pixels to the
    elbow; beyond (H, W): pixels to what the base keeps of the elbow, negative there; upper (H, W) bool: that and the
    side of the elbow where the upper arm is."""

    side: str
    mask: np.ndarray
    palm: float
    disc: float
    away: np.ndarray
    beyond: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True, eq=False)
class BodyLayers:
    """base and background as a portrait has them; arms from the farthest to the nearest."""

    base: Layers
    arms: tuple[ArmLayer, ...]


def body_layers(pixels: np.ndarray, face_points: np.ndarray, body: TrackedBody) -> BodyLayers:
    """The layers of pixels (H, W, 3) uint8 with the landmarks of a face (478, 3). PortraitRefused where no person can
    be told from the background."""
    matte = _body_matte(pixels, face_points, body)
    whole = split(pixels, matte, plain_border(pixels))
    cuts = _cut_arms(pixels, matte, body)
    removed, skin = _removed(pixels, matte, cuts, body)
    base, base_alpha = _base(pixels, whole, matte, removed, skin, cuts, body)
    behind = _behind(whole, matte, removed, body)
    under = base_alpha[..., None] * base + (1 - base_alpha[..., None]) * behind
    premultiplied = np.concatenate([base * base_alpha[..., None], 255 * base_alpha[..., None]], 2)
    premultiplied = np.where(removed[..., None], premultiplied, whole.person)
    background = np.concatenate([behind + 0.5, np.full((*matte.shape, 1), 255)], 2).astype(np.uint8)
    layers = Layers((premultiplied + 0.5).astype(np.uint8), background, True)
    return BodyLayers(layers, _arm_layers(pixels, np.where(removed[..., None], under, pixels), removed, cuts, body))


def _body_matte(pixels: np.ndarray, face_points: np.ndarray, body: TrackedBody) -> np.ndarray:
    """(H, W) float32: the person's matte. PortraitRefused where there is none."""
    matte = person_matte(pixels, face_points)
    if matte is None:
        raise PortraitRefused(
            "the person in the photo cannot be told from the background, so nothing of the body can move; use a "
            "photograph with a plainer background, or mien portrait, which moves the face."
        )
    matte = gated(matte, body.mask)
    # Hair is wider than its matte: what is near moves with the person, too, so that no outline is left behind.
    fuzz = binary_dilation(matte > 0.02, iterations=max(1, round(FUZZ * body.shoulder_width)))
    return np.where(fuzz, np.maximum(matte, 1e-3), matte).astype(np.float32)


def _cut_arms(pixels: np.ndarray, matte: np.ndarray, body: TrackedBody) -> list[_Cut]:
    """The free forearms in pixels (H, W, 3) uint8, from the farthest to the nearest."""
    reaches, chest = reach_of(body), torso(body) > 0.5
    cuts = []
    for i, side in enumerate(SIDES):
        hand = body.hands[side]
        if hand is None or not reaches[side].layered:
            continue
        palm = max(hand.palm, LEAST_PALM * body.shoulder_width)
        elbow, wrist = body.points[ELBOWS[i], :2], hand.points[0, :2]
        other = body.hands[SIDES[1 - i]]
        about = Surroundings(
            body.points[SHOULDERS[i], :2], chest, None if other is None or not other.reliable else other.points[:, :2]
        )
        mask = arm_mask(pixels, matte, elbow, hand.points[:, :2], palm, hand.reliable, about)
        disc = _disc(mask, elbow, wrist, palm)
        away, upper = _distance(matte.shape, elbow), _behind_elbow(matte.shape, elbow, wrist)
        # Within the elbow's disc the base keeps its pixels, and the arm's layer ends softly.
        mask = np.where(upper, mask * _fall(away, FADE * disc, disc), mask) * np.where(away < disc, matte, 1)
        beyond = _beyond_elbow(matte.shape, elbow, wrist, disc)
        upper = (beyond < 0) | upper & ~_behind_elbow(matte.shape, elbow, body.points[SHOULDERS[i], :2])
        cuts.append(_Cut(side, mask.astype(np.float32), palm, disc, away, beyond, upper))
    return sorted(cuts, key=lambda cut: -body.points[WRISTS[SIDES.index(cut.side)], 2])


def _removed(
    pixels: np.ndarray, matte: np.ndarray, cuts: list[_Cut], body: TrackedBody
) -> tuple[np.ndarray, np.ndarray]:
    """((H, W) bool: what is taken from the base with the arms, (H, W) bool: where no clothes are taken from)."""
    reach = _reach(body)
    bare = _skin(pixels, matte, [cut.mask for cut in cuts], body)
    removed, skin = np.zeros(matte.shape, bool), bare.copy()
    for cut in cuts:
        arm = cut.mask > 0.02
        grown = np.asarray(binary_dilation(arm, iterations=reach), bool)
        # What was cut too narrowly would stay behind as a line of skin.
        wide = np.asarray(binary_dilation(arm, iterations=RIM * reach), bool)
        left = left_behind(pixels, cut.mask, grown, wide)
        kept, elbow = cut.upper, cut.beyond < 0
        if (bare & elbow).sum() < 0.5 * elbow.sum():
            # Of a sleeved arm the base keeps no wrist.
            kept = kept & ~(elbow & np.asarray(binary_dilation(bare & (cut.mask > 0.5), iterations=MIXED), bool))
        else:
            skin |= cut.away < BARE * cut.disc
        removed |= (grown | (wide & bare) | left) & ~kept
        skin |= left & ~kept
    return removed, skin


def left_behind(pixels: np.ndarray, mask: np.ndarray, grown: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of the wide surroundings of an arm's mask hangs together with its grown one, and has its
    colours there rather than those further off."""
    own = np.abs(pixels - filled(pixels, (mask > 0.97).astype(np.float32))).max(2)
    other = np.abs(pixels - filled(pixels, (~wide).astype(np.float32))).max(2)
    like = wide & (own < NEARER * other) & (other > UNLIKE)
    left = np.asarray(binary_propagation(grown, mask=like | grown), bool) & like
    return np.asarray(binary_dilation(left, iterations=MIXED), bool) & wide


def _behind(whole: Layers, matte: np.ndarray, removed: np.ndarray, body: TrackedBody) -> np.ndarray:
    """(H, W, 3) float32: the background. What is behind an arm is looked at when it moves: with texture, where the
    person's own hole is only smooth."""
    behind = whole.background[..., :3].astype(np.float32)
    nobody = np.asarray(binary_erosion(matte < 0.02, iterations=_reach(body)), bool)
    return np.where(removed[..., None], texture_filled(behind, nobody, removed & (matte > 0)), behind)


def _arm_layers(
    pixels: np.ndarray, under: np.ndarray, removed: np.ndarray, cuts: list[_Cut], body: TrackedBody
) -> tuple[ArmLayer, ...]:
    """The arms' layers over what is under them (H, W, 3)."""
    arms = []
    for cut in cuts:
        grown = grey_dilation(cut.mask, size=2 * RIM * _reach(body) + 3)
        nearest = np.where(removed & (grown > 0), np.maximum(cut.mask, 1e-3), cut.mask)
        ring = exactly_over(pixels, under, nearest)
        tight = _tight(pixels, cut.mask)
        arms.append(
            ArmLayer(cut.side, (tight + 0.5).astype(np.uint8), (ring + 0.5).astype(np.uint8), cut.palm, cut.disc)
        )
        under = ring[..., :3] + (1 - ring[..., 3:] / 255) * under
    return tuple(arms)


def _reach(body: TrackedBody) -> int:
    """Pixels around a forearm that are taken from the base with it."""
    return max(1, round(MORE * body.shoulder_width))


def gated(matte: np.ndarray, pose_mask: np.ndarray) -> np.ndarray:
    """The matte (H, W) without what is no body: tables, chairs. The largest piece alone."""
    room = max(1, round(GATE_ROOM * max(matte.shape)))
    gate = grey_dilation(pose_mask, size=2 * room + 1)
    return _largest(matte * smoothstep(gate, *GATE)).astype(np.float32)


def _largest(matte: np.ndarray) -> np.ndarray:
    """The largest piece of a matte alone."""
    pieces, count = label(matte > 0.1)  # pyright: ignore[reportGeneralTypeIssues]
    if count < 2:
        return matte
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.where(binary_dilation(pieces == sizes.argmax(), iterations=2), matte, 0)


def _base(
    pixels: np.ndarray, whole: Layers, matte: np.ndarray, removed: np.ndarray, skin: np.ndarray, cuts: list[_Cut],
    body: TrackedBody
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(colours (H, W, 3), alpha (H, W)) of the base: where something is removed, the clothes go on behind it."""
    beside = (matte > 0.95) & ~removed & ~skin
    shirt = binary_dilation(trunk(body, SHIRT) > 0.5, iterations=max(1, round(0.06 * body.shoulder_width)))
    enough = (beside & shirt).sum() > ENOUGH * max(1, removed.sum())
    known = beside & shirt if enough else beside  # trousers do not climb up behind a hand
    behind = _base_alpha(matte, removed, cuts, body)
    # What is removed has a soft edge, of its own colours, where nothing is behind it.
    inside = np.clip(np.asarray(distance_transform_edt(removed)) / SOFT, 0, 1)
    alpha = _largest(matte + inside * (behind - matte)).astype(np.float32)
    colours = texture_filled(pixels, known, removed & (alpha > 0), beside)
    own = whole.person[..., :3] / np.maximum(whole.person[..., 3:], 1) * 255.0
    return own + np.where(removed, behind, 0)[..., None] * (colours - own), alpha


def _base_alpha(matte: np.ndarray, removed: np.ndarray, cuts: list[_Cut], body: TrackedBody) -> np.ndarray:
    """(H, W): the matte of torso, upper arms and head, carried on behind what is removed."""
    alpha = filled(np.where(removed, 0, matte)[..., None], (~removed).astype(np.float32))[..., 0]
    # Beyond the trunk there is mostly nothing behind an arm, whatever surrounds it.
    alpha = np.maximum(np.clip((alpha - BEYOND[0]) / (BEYOND[1] - BEYOND[0]), 0, 1), trunk(body))
    alpha = gaussian_filter(alpha, max(0.7, 0.015 * body.shoulder_width))
    alpha = smoothstep(alpha, 0.3, 0.7)
    seen = torso_behind(body, matte, removed)
    there = np.fmax(seen, np.maximum(torso(body), upper_arms(body, 1.0)))
    # The gap between torso and arm opens where it is wide enough: above it cloth hangs from one to the other.
    there = np.maximum(binary_closing(there > 0.5, _round(GAP * body.shoulder_width)), there)
    there = np.max([gaussian_filter(there, EDGE), *(cut.beyond < 0 for cut in cuts)], 0)
    unseen = np.isnan(seen) | (upper_arms(body, thick=SLEEVE) > 0.5)
    return np.where(unseen, np.fmax(alpha, there), there)


def _skin(pixels: np.ndarray, matte: np.ndarray, masks: list[np.ndarray], body: TrackedBody) -> np.ndarray:
    """(H, W) bool: pixels of the person in the colours of the hands, and none of the clothes'."""
    hands = np.zeros(matte.shape, bool)
    for hand in body.hands.values():
        if hand is not None:
            at = _distance(matte.shape, hand.points[:, :2].mean(0)) < 0.5 * hand.palm
            hands |= at & (np.max(masks, 0) > 0.97 if masks else False)
    clothes = (trunk(body) > 0.5) & ~np.any([mask > 0.02 for mask in masks], 0) if masks else hands
    if hands.sum() < 20 or clothes.sum() < 20:
        return np.zeros(matte.shape, bool)
    return binary_dilation(likely(pixels / 255.0, hands, clothes) > LIKELY, iterations=2)


def _tight(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The arm's layer without what surrounds it: its own colour goes on to the edge, so that no fringe shows."""
    sure = mask > 0.97
    own = np.where(sure[..., None], pixels, filled(pixels, sure.astype(np.float32)))
    return np.concatenate([np.clip(own, 0, 255) * mask[..., None], 255 * mask[..., None]], 2)


def _disc(mask: np.ndarray, elbow: np.ndarray, wrist: np.ndarray, palm: float) -> float:
    """Pixels: the radius of an elbow, from how wide the forearm of a mask (H, W) is."""
    depth = np.asarray(distance_transform_edt(mask > 0.5))
    near = maximum_filter(depth, max(1, round(0.4 * palm)))
    along = elbow + np.linspace(0.2, 0.7, 9)[:, None] * (wrist - elbow)
    height, width = mask.shape
    x, y = np.clip(np.round(along - 0.5).astype(int), 0, [width - 1, height - 1]).T
    return float(np.clip(DISC * np.median(near[y, x]), 0.3 * palm, 0.9 * palm))


def _round(radius: float) -> np.ndarray:
    y, x = np.mgrid[-int(radius) : int(radius) + 1, -int(radius) : int(radius) + 1]
    return np.hypot(x, y) <= max(radius, 1.0)


def _distance(size: tuple[int, ...], point: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return np.hypot(x - point[0], y - point[1])


def _behind_elbow(size: tuple[int, ...], elbow: np.ndarray, wrist: np.ndarray) -> np.ndarray:
    """(H, W) bool: the side of the elbow where the upper arm is."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    way = wrist - elbow
    return (x - elbow[0]) * way[0] + (y - elbow[1]) * way[1] < 0


def _beyond_elbow(size: tuple[int, ...], elbow: np.ndarray, wrist: np.ndarray, disc: float) -> np.ndarray:
    """(H, W): pixels to what the base keeps of an elbow, negative there: its disc, and less towards the wrist."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    away = np.hypot(x - elbow[0], y - elbow[1])
    way = (wrist - elbow) / max(float(np.linalg.norm(wrist - elbow)), 1e-9)
    towards = ((x - elbow[0]) * way[0] + (y - elbow[1]) * way[1]) / np.maximum(away, 1e-9)
    return away - disc * (1 - (1 - KEPT) * np.maximum(towards, 0))


def _fall(values: np.ndarray, start: float, end: float) -> np.ndarray:
    return 1 - smoothstep(values, start, max(end, start + 1e-9))
