# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels of a photo are the person, and what is behind them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import (
    binary_dilation,
    binary_propagation,
    distance_transform_edt,
    gaussian_filter,
    grey_dilation,
    uniform_filter,
)

from mien.face_tracking.landmark_indices import FACE_OVAL
from mien.nn.tflite import TfliteNetwork
from mien.numeric.smoothstep import smoothstep
from mien.photo import PortraitError
from mien.photo.fill import filled

NETWORK = Path(__file__).with_name("selfie_segmentation.tflite")
SIDE = 256  # pixels of the network's square input
GUIDE_RADIUS = 1 / 128  # of the longer side: the guided filter's
GUIDE_NOISE = 4e-4
EDGE = (0.15, 0.85)  # probabilities that become 0 and 1
FOUND = 0.6  # mean probability inside the face, below which the network has not seen this person (a drawing, a mask)
RIM = (1.0, 2.5)  # ROOMs about the person, over which what has some of its colour is the person's
MOST_GRAIN = 20.0  # of 255: more is an object, not grain
ROOM = 1 / 100  # of the longer side: so far from the person the background is not trusted
STRANDS = 5.0  # ROOMs about the person, in which strands of hair that the matte misses are looked for
UNLIKE, TIMES = 40.0, 3.0  # of 255, and of what the background beyond differs by: a strand differs by more than both
MOST = 90  # percent of the background beyond that differ by less
BORDER, PLAIN, STEP = 1 / 20, 6, 30  # of a side at most; of 255: within a scan's border, and where it ends


@dataclass(frozen=True, eq=False)
class Layers:
    """person (H, W, 4) uint8: the person with premultiplied alpha; background (H, W, 4) uint8, premultiplied, too: what
    is behind, filled in where the person hides it. person over background is the photo. `cut`: whether they are two
    layers; else the person is the whole photo."""

    person: np.ndarray
    background: np.ndarray
    cut: bool


@lru_cache(maxsize=1)
def _network() -> TfliteNetwork:
    card = json.loads(NETWORK.with_suffix(".card.json").read_text("utf-8"))
    data = NETWORK.read_bytes()
    if hashlib.sha256(data).hexdigest() != card["sha256"]:
        raise PortraitError(f"the network {NETWORK.name} is not the one its card names; install mien again.")
    return TfliteNetwork(data)


def person_matte(pixels: np.ndarray, points: np.ndarray) -> np.ndarray | None:
    """(H, W) float32 0..1, the face's own oval at 1; None where the network sees no person at the face.

    pixels (H, W, 3) uint8; points (478, 3) the face's landmarks. Model: MediaPipe's selfie segmentation; edges by He et
    al. 2013, Guided Image Filtering.
    """
    height, width = pixels.shape[:2]
    small = np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX), np.float32) / 255
    probability = _network()(small[None])[0].reshape(SIDE, SIDE)
    coarse = Image.fromarray(probability.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    face = oval_mask(points, (height, width))
    coarse = np.asarray(coarse)
    if float(coarse[face > 0.5].mean() if (face > 0.5).any() else 0.0) < FOUND:
        return None
    grey = pixels.astype(np.float32).mean(2) / 255
    fine = _guided(grey, coarse, max(1, round(GUIDE_RADIUS * max(height, width))))
    return np.maximum(smoothstep(fine, *EDGE), face)


def oval_mask(points: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32: 1 inside the oval of the face, with an edge of a pixel or two."""
    image = Image.new("L", (size[1], size[0]))
    ImageDraw.Draw(image).polygon([tuple(map(float, points[i, :2] - 0.5)) for i in FACE_OVAL], fill=255)
    return np.asarray(image, np.float32) / 255


def layers_of(pixels: np.ndarray, points: np.ndarray) -> Layers:
    """The layers of pixels (H, W, 3 or 4) uint8. Where the photo has alpha itself, that cuts the person out."""
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.float32)
        person = np.concatenate([pixels[..., :3] * (alpha / 255), alpha], 2)
        return Layers((person + 0.5).astype(np.uint8), np.zeros_like(pixels), True)
    matte = person_matte(pixels, points)
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    whole = np.concatenate([pixels, opaque], 2)
    if matte is None:
        return Layers(whole, whole, False)
    oval = points[list(FACE_OVAL), 1]
    head = np.zeros(matte.shape, bool)
    head[: max(0, round(2 * oval.max() - oval.min()))] = True  # a desk hangs together with a person, too
    border = plain_border(pixels)
    return split(pixels, with_strands(pixels, matte, head, border), border)


def split(pixels: np.ndarray, matte: np.ndarray, border: np.ndarray) -> Layers:
    """The layers of pixels (H, W, 3) uint8 with the person's matte (H, W) 0..1 and a `plain_border` (H, W) bool. What
    lies close about the person, and has some of its colour, is the person's, too, and none of it is in the
    background."""
    reach = max(1, round(ROOM * max(pixels.shape[:2])))
    near = gaussian_filter(grey_dilation(matte, size=2 * reach + 1), reach / 2)
    known = np.clip(1 - near * 1.05, 0, 1) * (matte < 0.02) * ~border
    smooth = filled(pixels, known)
    smooth += _grain(pixels, known, reach)
    # From the person outwards the background becomes the photo's own again.
    away = np.asarray(distance_transform_edt(matte < 0.02)) / reach
    share = np.clip((RIM[1] - away) / (RIM[1] - RIM[0]), 0, 1)[..., None]
    behind = np.clip(pixels * (1 - share) + smooth * share, 0, 255)
    rim = np.maximum(matte, (share[..., 0] > 0) * 1e-3)
    person = exactly_over(pixels, behind, rim)
    behind = np.where(person[..., 3:] > 0, behind, pixels)
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return Layers((person + 0.5).astype(np.uint8), np.concatenate([(behind + 0.5).astype(np.uint8), opaque], 2), True)


def with_strands(pixels: np.ndarray, matte: np.ndarray, head: np.ndarray, border: np.ndarray) -> np.ndarray:
    """(H, W) the person's matte with the hair beside it that the network does not see: left in the background it would
    stand still, and be smeared into what is behind.

    A strand lies in head (H, W) bool, not in the `plain_border` (H, W) bool, and hangs together with the person but for
    gaps of 2 pixels, within STRANDS ROOMs; its colour is nearer to the person's there than to what the background
    beyond is continued with, and differs from that by more than most of the background does from a continuation of what
    is further off.
    """
    away = np.asarray(distance_transform_edt(matte < 0.02)) / (ROOM * max(matte.shape))
    beyond = (away > STRANDS) & ~border
    if not beyond.any():
        return matte
    unlike = np.abs(pixels - filled(pixels, beyond.astype(np.float32))).max(2)
    about, further = beyond & (away <= 2 * STRANDS), beyond & (away > 2 * STRANDS)
    if not (about.any() and further.any()):
        return matte
    among = np.abs(pixels - filled(pixels, further.astype(np.float32))).max(2)[about]
    among = float(np.percentile(among, MOST))
    like = np.abs(pixels - filled(pixels, (matte > 0.95).astype(np.float32))).max(2)
    strand = (unlike > np.maximum(max(UNLIKE, TIMES * among), like)) & (away <= STRANDS) & ~border & head
    together = binary_dilation(strand | (matte > 0.02), np.ones((3, 3)))
    strand &= np.asarray(binary_propagation(matte > 0.5, mask=together))
    return np.maximum(matte, strand.astype(np.float32))


def plain_border(pixels: np.ndarray) -> np.ndarray:
    """(H, W) bool: the border in one colour, up to BORDER of a side wide, of a scan or of a picture of a picture; what
    is behind the person does not go on with its colour."""
    border = np.zeros(pixels.shape[:2], bool)
    for turn in range(4):
        side = np.rot90(pixels, turn).astype(int)
        rows = side[: max(2, round(BORDER * len(side)))]
        plain = np.logical_and.accumulate((np.abs(rows - rows[0, 0]).max(2) <= PLAIN).mean(1) > 0.9)
        ends = plain[:-1] & ((np.abs(np.diff(rows, axis=0)).max(2) > STEP).mean(1) > 0.9)
        if ends.any():
            np.rot90(border, turn)[: int(np.flatnonzero(ends)[-1]) + 1] = True
    return border


def _grain(pixels: np.ndarray, known: np.ndarray, reach: int) -> np.ndarray:
    """(H, W, 3) the fine structure of what is known, turned over at its edge, for what is not: a smooth filling would
    show among canvas, leaves or noise."""
    sure = known > 0.9
    if not sure.any():
        return np.zeros(pixels.shape, np.float32)
    weight = gaussian_filter(known.astype(np.float32), reach)[..., None]
    mean = gaussian_filter(pixels * known[..., None].astype(np.float32), (reach, reach, 0)) / np.maximum(weight, 1e-3)
    fine = np.clip((pixels - mean) * known[..., None], -MOST_GRAIN, MOST_GRAIN)
    at = np.indices(sure.shape)
    nearest = np.asarray(distance_transform_edt(~sure, return_distances=False, return_indices=True))
    rows, columns = (np.clip(2 * nearest[axis] - at[axis], 0, sure.shape[axis] - 1) for axis in (0, 1))
    return (fine[rows, columns] * (1 - known)[..., None]).astype(np.float32)


def exactly_over(pixels: np.ndarray, behind: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """(H, W, 4) float, premultiplied, 0..255: the layer of matte (H, W) that over behind (H, W, 3) is pixels (H, W, 3).

    A pixel darker, or brighter, than any mix with what is behind it has more of the layer, so that at rest the layers
    are the photo again.
    """
    least = np.maximum(1 - pixels / np.maximum(behind, 1), (pixels - behind) / np.maximum(255 - behind, 1)).max(2)
    matte = np.where(matte > 0, np.clip(np.maximum(matte, least), 0, 1), 0)
    matte = np.where(matte < 0.5 / 255, 0, matte)
    share = matte[..., None]
    behind = np.where(share > 0, behind, pixels)
    return np.concatenate([np.clip(pixels - (1 - share) * behind, 0, 255 * share), 255 * share], 2)


def _guided(guide: np.ndarray, values: np.ndarray, radius: int) -> np.ndarray:
    size = 2 * radius + 1
    mean, mean_values = uniform_filter(guide, size), uniform_filter(values, size)
    variance = uniform_filter(guide * guide, size) - mean * mean
    covariance = uniform_filter(guide * values, size) - mean * mean_values
    slope = covariance / (variance + GUIDE_NOISE)
    offset = mean_values - slope * mean
    return uniform_filter(slope, size) * guide + uniform_filter(offset, size)
