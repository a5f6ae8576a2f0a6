# SPDX-License-Identifier: GPL-3.0-or-later
"""Creases that a take makes in the skin of a photo: the head's own table of them, shaded into the photo's pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

from mien.face_tracking.landmark_indices import LEFT_EYE, RIGHT_EYE
from mien.heads.creases import CREASES, DEPTH, FAR, FRONT, NEAR, SIDES, lines_of, strengths
from mien.numeric.smoothstep import smoothstep
from mien.photo.eyes import window
from mien.photo.fit import FittedFace
from mien.photo.folds.nasolabial import NasolabialFold
from mien.photo.folds.smile_folds import LEAST_SMILE

LIGHT = np.array([-0.25, -0.45, -0.857])  # towards it, in the picture's axes: above and a little aside
HIDDEN = 0.2  # of the light that does not get to the bottom of a crease
WIDER, DEEPER = 1.5, 1.1  # than on the head
SHADES = (0.7, 1.05)  # the darkest and the brightest that a crease makes the skin
SKIN_SHADE = np.array([0.75, 1.0, 1.08])  # skin is redder in the shade
OTHERS = (-0.001, 0.003)  # m that another crease is farther off, over which a place is of this one
NEIGHBOURS = 4  # vertices that a place on the head is carried by
LIDS = (0.10, 0.16)  # of the eye distance around an eye: a lid shows no crease of the corner of its eye
NASOLABIAL = "nasolabial fold"  # is drawn as people's is, and wider than others
WIDE = (0.013, 0.024)  # m from its line within which it has all of its strength, and none
# A cheek that rises hides the lower half of the crease under the eye, and what is left has a hard edge.
WEAKER = {"under the eye": 0.45}
OF_SMILES, OF_CORNERS = (NASOLABIAL, "marionette"), ("crow's feet", "nose root", "bridge")
ENDS = (0.3, 0.4)  # of a line at its beginning and its end, over which it runs out into the skin
LEAST_WIDTH = 0.8  # pixels of a line


class Creases:
    """share (N,) is how much of the creased skin each of N vertices shows, whose places in the photo are rest (N, 2 or
    3) pixels; `shade` draws that skin."""

    def __init__(self, face: FittedFace, own: np.ndarray, rest: np.ndarray) -> None:
        self._face, self._own = face, own
        self._at_rest = strengths(own, face.head.channels)
        head_lines = lines_of(face.head)
        carried = self._carried([line for lines, _ in head_lines for line in lines])
        counts = np.cumsum([len(lines) for lines, _ in head_lines])
        self._lines = [carried[end - len(lines) : end] for (lines, _), end in zip(head_lines, counts, strict=True)]
        names = [crease.name for crease in CREASES for _ in SIDES]
        self._nasolabial = {
            names.index(NASOLABIAL) + i: NasolabialFold(face, own, side) for i, side in enumerate(SIDES)
        }
        for number, fold in self._nasolabial.items():
            self._lines[number] = [fold.line]
        self._regions = self._near(rest[:, :2])
        smiles = [float(own[face.head.channels.index(f"mouthSmile{side}")]) for side in SIDES]
        # The folds of the photo's own smile are in it.
        for number, name in enumerate(names):
            if name in OF_SMILES and smiles[number % len(SIDES)] >= LEAST_SMILE:
                self._regions[number] = 0

    def share(self, weights: np.ndarray) -> np.ndarray:
        """(N,) 0..1 for weights (52,) in the order of the head."""
        more = np.clip(strengths(weights, self._face.head.channels) - self._at_rest, 0, 1)
        return (more[:, None] * self._regions).max(0).astype(np.float32)

    def shade(self, picture: np.ndarray) -> None:
        """Draws all creases into picture (H, W, 3 or 4) uint8, a photo, in place."""
        scale = float(self._face.pose.scale)
        for number, lines in enumerate(self._lines):
            crease = CREASES[number // len(SIDES)]
            if not self._regions[number].any():
                continue
            if number in self._nasolabial:
                rows, columns, light = self._nasolabial[number].light(picture.shape)
                _shade(picture[rows, columns], light)
                continue
            width = max(WIDER * crease.width * scale, LEAST_WIDTH)
            rows, columns, low = window(np.concatenate(lines), 5 * width, picture.shape)
            size = rows.stop - rows.start, columns.stop - columns.start
            fold = _fold([line - low for line in lines], size, width)
            fold *= crease.depth * WEAKER.get(crease.name, 1.0)
            if crease.name in OF_CORNERS:
                fold *= self._away_from_lids(size, low)
            _shade(picture[rows, columns], _light(fold, DEEPER * DEPTH * scale))

    def _near(self, places: np.ndarray) -> np.ndarray:
        """(2 * len(CREASES), N) 0..1: the share of each crease's strength at places (N, 2) pixels: at its lines, and
        not where those of another are nearer, as all are drawn in one picture."""
        scale = float(self._face.pose.scale)
        away = np.stack([KDTree(np.concatenate(lines)).query(places)[0] for lines in self._lines]) / scale
        out = smoothstep(away, FAR, NEAR)
        for number in self._nasolabial:
            out[number] = smoothstep(away[number], *WIDE[::-1])
        first, second = np.sort(away, 0)[:2]
        others = np.where(away == first, second, first)
        return (out * smoothstep(others - away, *OTHERS)).astype(np.float32)

    def _carried(self, lines: list[np.ndarray]) -> list[np.ndarray]:
        """Lines (N, 2) pixels of the photo for lines (N, 2) metres of the head at rest from the front."""
        face = self._face
        front = np.flatnonzero(face.head.vertices[:, 2] > FRONT)
        rest, posed = face.head.vertices[front].astype(float), face.posed(self._own, front)
        places = np.concatenate(lines)
        distance, near = KDTree(rest[:, :2]).query(places, k=NEIGHBOURS)
        weights = 1 / np.maximum(distance, 1e-5)
        weights = (weights / weights.sum(1, keepdims=True))[..., None]
        middle = (rest[near] * weights).sum(1)
        moved = (posed[near] * weights).sum(1)
        moved[:, :2] += places - middle[:, :2]
        pixels = face.warp(moved)[:, :2].astype(float)
        return np.split(pixels, np.cumsum([len(line) for line in lines])[:-1])

    def _away_from_lids(self, size: tuple[int, int], low: np.ndarray) -> np.ndarray:
        rings = self._face.points[[*RIGHT_EYE, *LEFT_EYE], :2]
        y, x = np.mgrid[: size[0], : size[1]] + 0.5
        places = np.stack([x + low[0], y + low[1]], -1).reshape(-1, 2)
        away = KDTree(rings).query(places)[0].reshape(size) / self._face.eye_distance
        return smoothstep(away, *LIDS)


def _fold(lines: list[np.ndarray], size: tuple[int, int], width: float) -> np.ndarray:
    """(h, w) 0..1 how deep the skin folds: a sharp bottom between slopes that swell. lines (N, 2) pixels."""
    fine = 4  # of a pixel: what is thin is not drawn in steps
    image = Image.new("L", (size[1] * fine, size[0] * fine))
    draw = ImageDraw.Draw(image)
    for line in lines:
        at = np.linspace(0, 1, len(line))
        ink = np.minimum(1.0, at / ENDS[0]) * np.minimum(1.0, (1 - at) / ENDS[1])
        points = [tuple(map(float, place * fine)) for place in line]
        for i in range(len(line) - 1):
            thick = max(1, round(fine * width * (0.4 + 0.6 * float(ink[i]))))
            draw.line(points[i : i + 2], fill=int(255 * float(ink[i])), width=thick)
    drawn = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BOX), np.float32)
    out = np.zeros(size, np.float32)
    for share, blur in ((0.45, 0.5), (0.55, 1.4)):
        soft = gaussian_filter(drawn, blur * width)
        out += share * soft / max(float(soft.max()), 1.0)
    return out


def _light(fold: np.ndarray, deep: float) -> np.ndarray:
    """(h, w) factors of the skin's light for folds (h, w) 0..1 that are `deep` pixels deep."""
    if min(fold.shape) < 2:  # beyond the edge of the picture
        return np.ones(fold.shape)
    down, across = np.gradient(fold * deep)
    lit = (across * LIGHT[0] + down * LIGHT[1] - LIGHT[2]) / np.sqrt(across**2 + down**2 + 1) / -LIGHT[2]
    return np.clip(lit, *SHADES) * (1 - HIDDEN * fold)


def _shade(part: np.ndarray, light: np.ndarray) -> None:
    """Shades the skin of a part (h, w, 3 or 4) uint8 of a picture by factors (h, w) of its light, in place."""
    shaded = part[..., :3] * light[..., None] ** SKIN_SHADE
    part[..., :3] = (np.clip(shaded, 0, 255) + 0.5).astype(np.uint8)
