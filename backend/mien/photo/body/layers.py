# SPDX-License-Identifier: GPL-3.0-or-later
"""A half-length photo as layers: background, base (torso, head, upper arms), and each forearm with its hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import (
    binary_dilation,
    binary_erosion,
    distance_transform_edt,
    gaussian_filter,
    grey_dilation,
    label,
    maximum_filter,
)

from mien.body_tracking.body import SIDES, TrackedBody
from mien.body_tracking.pose import ELBOWS, HIPS, SHOULDERS, WRISTS
from mien.engines.diffted.reach import reach_of
from mien.numeric.smoothstep import smoothstep
from mien.photo import PortraitRefused
from mien.photo.body.cutout import Surroundings, arm_mask, likely
from mien.photo.body.texture_fill import texture_filled
from mien.photo.fill import filled
from mien.photo.matte import Layers, exactly_over, person_matte, plain_border, split

GATE = (0.3, 0.7)  # of the pose's mask, over which a pixel counts as the person's
GATE_ROOM = 9 / 256  # of the picture, by which that mask is grown
MORE = 0.035  # shoulder widths around a forearm that are taken from the base with it
RIM = 3  # times as far, where there is skin
LEAST_PALM = 0.17  # shoulder widths: a palm seen from its edge is as wide as that, too
DISC = 1.3  # half widths of the forearm: the radius of the elbow, which both layers have
KEPT, BARE = 0.8, 1.8  # of the disc: what the base keeps of the elbow; around it no clothes are taken from
UPPER_ARM, UPPER_SHARE = 0.22, 0.75  # shoulder widths: how thick an upper arm is; of its length, what is surely there
BEYOND = (0.6, 0.85)  # of the matte that is carried on behind an arm, over which it counts outside the trunk
SHIRT, ENOUGH = (
    0.85,
    0.2,
)  # of the way to the hips, where clothes are taken from; of what is removed, as much as they need
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
class BodyLayers:
    """base and background as a portrait has them; arms from the farthest to the nearest."""

    base: Layers
    arms: tuple[ArmLayer, ...]


def body_layers(pixels: np.ndarray, face_points: np.ndarray, body: TrackedBody) -> BodyLayers:
    """The layers of pixels (H, W, 3) uint8 with the landmarks of a face (478, 3). PortraitRefused where no person can
    be told from the background."""
    matte = person_matte(pixels, face_points)
    if matte is None:
        raise PortraitRefused(
            "the person in the photo cannot be told from the background, so nothing of the body can move; use a "
            "photograph with a plainer background, or mien portrait, which moves the face."
        )
    matte = gated(matte, body.mask)
    unit = body.shoulder_width
    # Hair is wider than its matte: what is near moves with the person, too, so that no outline is left behind.
    fuzz = binary_dilation(matte > 0.02, iterations=max(1, round(FUZZ * unit)))
    matte = np.where(fuzz, np.maximum(matte, 1e-3), matte).astype(np.float32)
    whole = split(pixels, matte, plain_border(pixels))
    behind = whole.background[..., :3].astype(np.float32)
    reaches, torso = reach_of(body), trunk(body, arms=False) > 0.5
    masks: dict[str, tuple[np.ndarray, np.ndarray, float]] = {}
    palms = {}
    skin = np.zeros(matte.shape, bool)
    for i, side in enumerate(SIDES):
        hand = body.hands[side]
        if hand is None or not reaches[side].layered:
            continue
        palm = max(hand.palm, LEAST_PALM * unit)
        elbow = body.points[ELBOWS[i], :2]
        other = body.hands[SIDES[1 - i]]
        about = Surroundings(
            body.points[SHOULDERS[i], :2], torso, None if other is None or not other.reliable else other.points[:, :2]
        )
        mask = arm_mask(pixels, matte, elbow, hand.points[:, :2], palm, hand.reliable, about)
        palms[side] = palm
        disc = _disc(mask, elbow, hand.points[0, :2], palm)
        away = _distance(matte.shape, elbow)
        skin |= away < BARE * disc
        # Within the elbow's disc the base keeps its pixels, and the arm's layer ends softly.
        upper = _behind_elbow(matte.shape, elbow, hand.points[0, :2])
        mask = np.where(upper, mask * _fall(away, FADE * disc, disc), mask) * np.where(away < disc, matte, 1)
        masks[side] = mask.astype(np.float32), away, disc
    removed = np.zeros(matte.shape, bool)
    reach = max(1, round(MORE * unit))
    bare = _skin(pixels, matte, [mask for mask, _, _ in masks.values()], body)
    skin |= bare
    for mask, away, disc in masks.values():
        grown = np.asarray(binary_dilation(mask > 0.02, iterations=reach), bool)
        # What was cut too narrowly would stay behind as a line of skin.
        grown |= np.asarray(binary_dilation(mask > 0.02, iterations=RIM * reach), bool) & bare
        removed |= grown & (away > KEPT * disc)
    base, base_alpha = _base(pixels, whole, matte, removed, skin, body)
    # What is behind an arm is looked at when it moves: with texture, where the person's own hole is only smooth.
    nobody = binary_erosion(matte < 0.02, iterations=reach)
    behind = np.where(removed[..., None], texture_filled(behind, nobody, removed & (matte > 0)), behind)
    background = np.concatenate([behind + 0.5, np.full((*matte.shape, 1), 255)], 2).astype(np.uint8)
    under = base_alpha[..., None] * base + (1 - base_alpha[..., None]) * behind
    premultiplied = np.where(
        removed[..., None], np.concatenate([base * base_alpha[..., None], 255 * base_alpha[..., None]], 2), whole.person
    )
    under = np.where(removed[..., None], under, pixels)
    arms = []
    for side in sorted(masks, key=lambda side: -body.points[WRISTS[SIDES.index(side)], 2]):
        mask, _, disc = masks[side]
        grown = grey_dilation(mask, size=2 * RIM * reach + 3)
        nearest = np.where(removed & (grown > 0), np.maximum(mask, 1e-3), mask)
        ring = exactly_over(pixels, under, nearest)
        tight = _tight(pixels, mask)
        arms.append(ArmLayer(side, (tight + 0.5).astype(np.uint8), (ring + 0.5).astype(np.uint8), palms[side], disc))
        under = ring[..., :3] + (1 - ring[..., 3:] / 255) * under
    layers = Layers((premultiplied + 0.5).astype(np.uint8), background, True)
    return BodyLayers(layers, tuple(arms))


def gated(matte: np.ndarray, pose_mask: np.ndarray) -> np.ndarray:
    """The matte (H, W) without what is no body: tables, chairs. The largest piece alone."""
    room = max(1, round(GATE_ROOM * max(matte.shape)))
    gate = grey_dilation(pose_mask, size=2 * room + 1)
    return _largest(matte * smoothstep(gate, *GATE)).astype(np.float32)


def _largest(matte: np.ndarray) -> np.ndarray:
    """The largest piece of a matte alone."""
    pieces, count = label(matte > 0.1)  # pyright: ignore
    if count < 2:
        return matte
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.where(binary_dilation(pieces == sizes.argmax(), iterations=2), matte, 0)


def _base(
    pixels: np.ndarray, whole: Layers, matte: np.ndarray, removed: np.ndarray, skin: np.ndarray, body: TrackedBody
) -> tuple[np.ndarray, np.ndarray]:
    """(colours (H, W, 3), alpha (H, W)) of the base: where something is removed, the clothes go on behind it."""
    known = (matte > 0.95) & ~removed & ~skin
    shirt = binary_dilation(trunk(body, SHIRT) > 0.5, iterations=max(1, round(0.06 * body.shoulder_width)))
    if (known & shirt).sum() > ENOUGH * max(1, removed.sum()):
        known &= shirt  # trousers do not climb up behind a hand
    alpha = filled(np.where(removed, 0, matte)[..., None], (~removed).astype(np.float32))[..., 0]
    # Beyond the trunk there is mostly nothing behind an arm, whatever surrounds it.
    alpha = np.maximum(np.clip((alpha - BEYOND[0]) / (BEYOND[1] - BEYOND[0]), 0, 1), trunk(body))
    alpha = gaussian_filter(alpha, max(0.7, 0.015 * body.shoulder_width))
    alpha = np.where(removed, smoothstep(alpha, 0.3, 0.7), matte)
    alpha = _largest(alpha)
    colours = texture_filled(pixels, known, removed & (alpha > 0))
    own = whole.person[..., :3] / np.maximum(whole.person[..., 3:], 1) * 255.0
    return np.where(removed[..., None], colours, own), alpha.astype(np.float32)


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


def trunk(body: TrackedBody, share: float = 1.0, arms: bool = True) -> np.ndarray:
    """(H, W) float32: 1 where torso and upper arms surely are, whatever is before them; down to a share of the way to
    the hips."""
    image = Image.new("L", (body.mask.shape[1], body.mask.shape[0]))
    draw = ImageDraw.Draw(image)
    places = {i: (float(body.points[i, 0]), float(body.points[i, 1])) for i in (*SHOULDERS, *ELBOWS, *HIPS)}
    low = [
        tuple(np.add(places[shoulder], share * np.subtract(places[hip], places[shoulder])).tolist())
        for shoulder, hip in zip(SHOULDERS, HIPS, strict=True)
    ]
    draw.polygon([places[SHOULDERS[0]], places[SHOULDERS[1]], low[1], low[0]], fill=255)
    width = max(1, round(UPPER_ARM * body.shoulder_width))
    for shoulder, elbow in zip(SHOULDERS, ELBOWS, strict=True) if arms else ():
        (x, y), (to_x, to_y) = places[shoulder], places[elbow]
        end = (x + UPPER_SHARE * (to_x - x), y + UPPER_SHARE * (to_y - y))
        draw.line([(x, y), end], fill=255, width=width)
        draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=255)
    return np.asarray(image, np.float32) / 255


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


def _distance(size: tuple[int, ...], point: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return np.hypot(x - point[0], y - point[1])


def _behind_elbow(size: tuple[int, ...], elbow: np.ndarray, wrist: np.ndarray) -> np.ndarray:
    """(H, W) bool: the side of the elbow where the upper arm is."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    way = wrist - elbow
    return (x - elbow[0]) * way[0] + (y - elbow[1]) * way[1] < 0


def _fall(values: np.ndarray, start: float, end: float) -> np.ndarray:
    return 1 - smoothstep(values, start, max(end, start + 1e-9))
