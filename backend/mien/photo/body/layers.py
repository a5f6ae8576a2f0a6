# SPDX-License-Identifier: GPL-3.0-or-later
"""A half-length photo as layers: background, base (torso, head, upper arms), and each forearm with its hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter, grey_dilation, label

from mien.body_tracking.body import SIDES, TrackedBody
from mien.body_tracking.pose import ELBOWS, WRISTS
from mien.engines.diffted.reach import reach_of
from mien.photo import PortraitRefused
from mien.photo.body.cutout import arm_mask
from mien.photo.body.texture_fill import texture_filled
from mien.photo.fill import filled
from mien.photo.matte import Layers, exactly_over, person_matte, split

GATE = (0.3, 0.7)  # of the pose's mask, over which a pixel counts as the person's
GATE_ROOM = 9 / 256  # of the picture, by which that mask is grown
MORE = 0.035  # shoulder widths around a forearm that are taken from the base with it
LEAST_PALM = 0.17  # shoulder widths: a palm seen from its edge is as wide as that, too
DISC = 0.85  # palms: the radius of the elbow, which both layers have
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
    whole = split(pixels, matte)
    behind = whole.background[..., :3].astype(np.float32)
    unit = body.shoulder_width
    reaches = reach_of(body)
    masks: dict[str, tuple[np.ndarray, np.ndarray, float]] = {}
    for i, side in enumerate(SIDES):
        hand = body.hands[side]
        if hand is None or not reaches[side].layered:
            continue
        palm = max(hand.palm, LEAST_PALM * unit)
        elbow = body.points[ELBOWS[i], :2]
        mask = arm_mask(pixels, matte, elbow, hand.points[:, :2], palm, hand.reliable)
        disc = DISC * palm
        away = _distance(matte.shape, elbow)
        # Within the elbow's disc the base keeps its pixels, and the arm's layer ends softly.
        upper = _behind_elbow(matte.shape, elbow, hand.points[0, :2])
        mask = np.where(upper, mask * _fall(away, FADE * disc, disc), mask) * np.where(away < disc, matte, 1)
        masks[side] = mask.astype(np.float32), away, disc
    removed = np.zeros(matte.shape, bool)
    reach = max(1, round(MORE * unit))
    for mask, away, disc in masks.values():
        grown = binary_dilation(mask > 0.02, iterations=reach)
        removed |= grown & (away > 0.55 * disc)
    base, base_alpha = _base(pixels, whole, matte, removed, unit, _table(body, masks, removed))
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
        palm = disc / DISC
        grown = grey_dilation(mask, size=2 * reach + 3)
        nearest = np.where(removed & (grown > 0), np.maximum(mask, 1e-3), mask)
        ring = exactly_over(pixels, under, nearest)
        tight = _tight(pixels, mask, ring)
        arms.append(ArmLayer(side, (tight + 0.5).astype(np.uint8), (ring + 0.5).astype(np.uint8), palm, disc))
        under = ring[..., :3] + (1 - ring[..., 3:] / 255) * under
    layers = Layers((premultiplied + 0.5).astype(np.uint8), background, True)
    return BodyLayers(layers, tuple(arms))


def gated(matte: np.ndarray, pose_mask: np.ndarray) -> np.ndarray:
    """The matte (H, W) without what is no body: tables, chairs. The largest piece alone."""
    room = max(1, round(GATE_ROOM * max(matte.shape)))
    gate = grey_dilation(pose_mask, size=2 * room + 1)
    share = np.clip((gate - GATE[0]) / (GATE[1] - GATE[0]), 0, 1)
    kept = matte * share * share * (3 - 2 * share)
    return _largest(kept).astype(np.float32)


def _largest(matte: np.ndarray) -> np.ndarray:
    """The largest piece of a matte alone."""
    pieces, count = label(matte > 0.1)
    if count < 2:
        return matte
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.where(binary_dilation(pieces == sizes.argmax(), iterations=2), matte, 0)


def _table(body: TrackedBody, masks: dict, removed: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels at and below the lower edge of hands that rest: what they rest on."""
    table = np.zeros(removed.shape, bool)
    reaches = reach_of(body)
    for side, (mask, _, disc) in masks.items():
        if reaches[side].resting:
            points = body.hands[side].points
            low = round(float(points[:, 1].max()) - 0.05 * disc)
            left, right = np.flatnonzero((mask > 0.1).any(0))[[0, -1]]
            table[max(0, low) :, max(0, left - round(disc)) : right + round(disc)] = True
    return table


def _base(
    pixels: np.ndarray, whole: Layers, matte: np.ndarray, removed: np.ndarray, unit: float, table: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(colours (H, W, 3), alpha (H, W)) of the base: where something is removed, the clothes go on behind it."""
    known = (matte > 0.95) & ~removed
    alpha = filled(np.where(removed, 0, matte)[..., None], (~removed).astype(np.float32))[..., 0]
    alpha = gaussian_filter(alpha, max(0.5, 0.01 * unit))
    share = np.clip((alpha - 0.4) / 0.2, 0, 1)
    alpha = np.where(removed, share * share * (3 - 2 * share) * ~table, matte)
    alpha = _largest(alpha)
    colours = texture_filled(pixels, known, removed & (alpha > 0))
    own = whole.person[..., :3] / np.maximum(whole.person[..., 3:], 1) * 255.0
    return np.where(removed[..., None], colours, own), alpha.astype(np.float32)


def _tight(pixels: np.ndarray, mask: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """The arm's layer without what surrounds it: its own colour goes on to the edge, so that no fringe shows."""
    sure = (mask > 0.97).astype(np.float32)
    spread = filled(pixels, sure)
    own = np.where((mask > 0.97)[..., None], pixels, 0.5 * spread + 0.5 * np.where(
        ring[..., 3:] > 128, ring[..., :3] / np.maximum(ring[..., 3:], 1) * 255, spread))  # fmt: skip
    return np.concatenate([np.clip(own, 0, 255) * mask[..., None], 255 * mask[..., None]], 2)


def _distance(size: tuple[int, ...], point: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return np.hypot(x - point[0], y - point[1])


def _behind_elbow(size: tuple[int, ...], elbow: np.ndarray, wrist: np.ndarray) -> np.ndarray:
    """(H, W) bool: the side of the elbow where the upper arm is."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    way = wrist - elbow
    return (x - elbow[0]) * way[0] + (y - elbow[1]) * way[1] < 0


def _fall(values: np.ndarray, start: float, end: float) -> np.ndarray:
    share = np.clip((end - values) / max(end - start, 1e-9), 0, 1)
    return share * share * (3 - 2 * share)
