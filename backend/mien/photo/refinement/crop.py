# SPDX-License-Identifier: GPL-3.0-or-later
"""The square of a moving photo that has the face in it, at the network's size, and the way back into the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, minimum_filter

from mien.face_tracking.landmark_indices import FACE_OVAL, INNER_LIPS, LEFT_EYE, OUTER_EYE_CORNERS, RIGHT_EYE
from mien.numeric.smoothstep import smoothstep

SIDE = 128  # pixels of the square as the network sees it
ROOM = 2.15  # of the eye distance: its side
UPPER, LOWER = (10, 338, 109, 297, 67), (2, 98, 327, 97, 326)  # landmarks that no expression moves much: brow, nose
DOWN = 0.78  # of the way from the upper ones to the lower: the middle of the square
FINER = 4  # times as fine are outlines drawn
AREAS = ("face", "mouth", "eyes")
FEATHER = {"face": 6.0, "mouth": 1.2, "eyes": 1.2}  # pixels of the square, within the outline, over which an area fades
QUIET, MOVING = 0.004, 0.03  # of the eye distance that a landmark moves: nothing is refined, and all of it


@dataclass(frozen=True, eq=False)
class Moment:
    """What a face does in one picture: landmarks (468, 3) pixels as drawn; weights (52,) beyond the photo's own, in the
    order of ARKIT; turn (3, 3) in the picture's axes; gaze (2,) radians."""

    landmarks: np.ndarray
    weights: np.ndarray
    turn: np.ndarray
    gaze: np.ndarray


@dataclass(frozen=True)
class Square:
    """left, top, side: pixels, not whole ones."""

    left: float
    top: float
    side: float

    def of(self, places: np.ndarray) -> np.ndarray:
        """(N, 2) of places (N, 2 or 3) pixels: 0..1 within the square."""
        return (places[:, :2] - (self.left, self.top)) / self.side

    def cut(self, pixels: np.ndarray) -> np.ndarray:
        """(SIDE, SIDE, 3) uint8 of pixels (H, W, 3 or more) uint8; beyond the picture its edge goes on."""
        height, width = pixels.shape[:2]
        x0, y0 = int(np.floor(self.left)), int(np.floor(self.top))
        x1, y1 = (int(np.ceil(low + self.side)) for low in (self.left, self.top))
        rows, columns = np.clip(np.arange(y0, y1), 0, height - 1), np.clip(np.arange(x0, x1), 0, width - 1)
        part = Image.fromarray(np.ascontiguousarray(pixels[rows[:, None], columns, :3]))
        left, top = self.left - x0, self.top - y0
        box = (left, top, min(left + self.side, part.width), min(top + self.side, part.height))
        return np.array(part.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box))

    def add(self, pixels: np.ndarray, change: np.ndarray) -> np.ndarray:
        """pixels (H, W, C) uint8 with a change (SIDE, SIDE, 3), in 0..1, added where it is not 0; the same array where
        it is 0 everywhere. Of colours with alpha, as much as is opaque."""
        height, width = pixels.shape[:2]
        x0, y0 = (max(0, int(np.ceil(low))) for low in (self.left, self.top))
        x1, y1 = min(width, int(self.left + self.side)), min(height, int(self.top + self.side))
        if x1 <= x0 or y1 <= y0 or not change.any():
            return pixels
        unit = SIDE / self.side
        box = tuple(float(v) * unit for v in (x0 - self.left, y0 - self.top, x1 - self.left, y1 - self.top))
        box = (box[0], box[1], min(box[2], SIDE), min(box[3], SIDE))
        size = (x1 - x0, y1 - y0)
        layers = [
            np.asarray(Image.fromarray(np.ascontiguousarray(255 * layer, np.float32)).resize(
                size, Image.Resampling.BILINEAR, box)) for layer in np.moveaxis(change, -1, 0)
        ]  # fmt: skip
        out = pixels.copy()
        part = out[y0:y1, x0:x1]
        alpha = part[..., 3] if part.shape[2] == 4 else None
        if alpha is not None and alpha.min() < 255:
            layers = [layer * (alpha / np.float32(255)) for layer in layers]
        top = 255 if alpha is None else alpha
        for number, layer in enumerate(layers):
            changed = part[..., number] + np.rint(layer).astype(np.int16)
            part[..., number] = np.clip(changed, 0, top)
        return out


def square_around(landmarks: np.ndarray, rest: np.ndarray) -> Square:
    """The square of a face whose landmarks (468, 3) were at `rest` in the photo: it grows with the face, and no
    expression moves it."""
    eyes = float(np.linalg.norm(rest[OUTER_EYE_CORNERS[0]] - rest[OUTER_EYE_CORNERS[1]]))
    still = list(UPPER + LOWER)
    growth = _spread(landmarks[still]) / max(_spread(rest[still]), 1e-6)
    side = ROOM * eyes * growth
    upper, lower = landmarks[list(UPPER), :2].mean(0), landmarks[list(LOWER), :2].mean(0)
    x, y = upper + DOWN * (lower - upper)
    return Square(float(x - side / 2), float(y - side / 2), float(side))


def areas(landmarks: np.ndarray, square: Square) -> np.ndarray:
    """(3, SIDE, SIDE) float32 0..1: AREAS of landmarks (468, 2 or 3), each 0 outside of its outline."""
    places = SIDE * square.of(landmarks)
    outlines = {"face": (FACE_OVAL,), "mouth": (INNER_LIPS,), "eyes": (RIGHT_EYE, LEFT_EYE)}
    return np.stack([_area([places[list(ring)] for ring in outlines[name]], FEATHER[name]) for name in AREAS])


def activity(landmarks: np.ndarray, rest: np.ndarray) -> float:
    """0..1: 0 where no landmark moved, so that the photo itself is never refined."""
    eyes = float(np.linalg.norm(rest[OUTER_EYE_CORNERS[0]] - rest[OUTER_EYE_CORNERS[1]]))
    moved = float(np.linalg.norm(landmarks[:, :2] - rest[:, :2], axis=1).max()) / max(eyes, 1e-6)
    return float(smoothstep(moved, QUIET, MOVING))


def _spread(points: np.ndarray) -> float:
    return float(np.sqrt(((points - points.mean(0)) ** 2).sum(1).mean()))


def _area(rings: list[np.ndarray], feather: float) -> np.ndarray:
    image = Image.new("L", (FINER * SIDE, FINER * SIDE))
    draw = ImageDraw.Draw(image)
    for ring in rings:
        draw.polygon([(float(x), float(y)) for x, y in FINER * ring], fill=255)
    drawn = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32) / 255
    # Half of a blurred edge lies outside of it: what is left of the other half fades within. The pixels of the edge
    # have nothing, as they reach beyond it once the square is enlarged.
    soft = np.clip(2 * gaussian_filter(drawn, feather) - 1, 0, 1)
    return np.where(minimum_filter(drawn, 3) == 1, soft, 0).astype(np.float32)
