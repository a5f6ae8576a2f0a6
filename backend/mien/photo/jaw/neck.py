# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind the lower face: what the photo shows below the jaw goes on upwards, and the neck up to the ears."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from mien.face_tracking.landmark_indices import CHIN
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.relief import LOBES, axes_of, neck_of

BELOW = np.linspace(0.02, 0.06, 4)  # eye distances below the cut, from which what is behind it goes on upwards
BLURS = np.array([0.03, 0.06, 0.12, 0.2, 0.4])  # eye distances: as much as the way up is
NEAR = 0.12  # eye distances inwards, over which what is around the lower face goes on behind it
# Eye distances above the cut, and slopes of its lower edge, from which on what is around is beside it and not below.
HIGH, STEEP = (0.06, 0.2), (1.2, 2.5)
CHEEKS = (50, 280, 205, 425, 187, 411, 207, 427, 206, 426, 36, 266)  # landmarks on bare skin
HUE = (0.985, 0.995)  # cosine between a colour and the cheeks', over which it comes to be skin
LIT = (0.25, 0.45)  # of the cheeks' light, over which it does: hair is darker
LEAST_NECK = 0.2  # eye distances of skin below the jaw that are a neck
WIDE = np.array([0.7, 1.2])  # of the half width of the fitted head's neck, the least and the most
NEAR_LOBE = 0.16  # eye distances from the lobe of an ear inwards to where the neck's side ends
SIDE = 0.04  # of the eye distance, over which it is drawn
SPREAD = 0.15  # eye distances, over which the neck's colours are mixed
PRIOR, SHADOW = 0.05, 0.8  # columns' weight; of the cheeks' light: the neck where no skin is seen below the chin
BARE = (0.06, 0.25)  # eye distances above the cut, over which bare skin below it comes to have its mixed colours
WHOLE = 0.12  # eye distances above the cut, over which a neck that fades out below it becomes whole
# Of a bust whose neck fades out, nobody is seen so many eye distances below the cut, in the chin's width; of 255 from
# the background at most.
UNDER, CHIN_WIDTH, NOBODY = np.linspace(0.2, 0.5, 7), 0.15, 30.0
FADING = (0.6, 1.0)  # of the way from the background's hue to the cheeks', over which a fading neck becomes whole
SEEN, TINGED = (25.0, 45.0), (0.1, 0.4)  # of 255 from the background, and of that way, over which somebody is seen


class Neck:
    """What is behind the pixels hidden (h, w) bool of a part person (h, w, 4) of the picture, premultiplied, whose
    first pixel is at low (2,); background (h, w, 4): the same of what is behind the person, None where the person is
    the whole photo."""

    def __init__(
        self, face: FittedFace, person: np.ndarray, background: np.ndarray | None, hidden: np.ndarray, low: np.ndarray
    ) -> None:
        self._eyes = face.eye_distance
        self._points = face.points[:, :2] - low
        self._person, self._background = person, background
        self._down, self._across = axes_of(face)
        self._places = np.argwhere(hidden)[:, ::-1] + 0.5
        columns = np.rint(self._places @ self._across).astype(int)
        self._first = int(columns.min())
        self._columns = columns - self._first
        joint, self._half, _ = neck_of(face)
        self._middle = float((joint[:2] - low) @ self._across) - self._first
        along = self._places @ self._down
        self._ends = self._ends_of(along)
        self._height = np.maximum(self._ends[self._columns] - along, 0) / self._eyes
        self._skin = np.median(person[self._pixels(CHEEKS)][:, :3].astype(float), 0)

    def gone_on_upwards(self, near: np.ndarray, away: np.ndarray) -> np.ndarray:
        """(N, 4) for the N hidden pixels: what lies below them, where they end, the higher the less sharp; and skin
        where the neck is. So the neck has its width behind the jaw, too, and beside it hair, or nobody, goes on. near
        (N, 4): what is around all of them, which they show where they are less `away` (N,) eye distances from it."""
        seen, backdrop = self._below(self._person, BELOW).mean(1), self._below(self._background, BELOW).mean(1)
        there, skin, fades = self._who(seen, backdrop)
        gone_on = self._straight_up(seen * there[:, None])
        known = np.flatnonzero(skin > 0.5)
        bare = len(known) > LEAST_NECK * self._eyes
        neck = self._colours(seen, skin)
        if bare and not fades:
            sides = np.clip(known[[0, -1]], *(self._middle + self._half * WIDE[1] * np.array([-1, 1])))
            share = self._between(sides) * smoothstep(self._height, *BARE)
            gone_on += share[:, None] * (neck - gone_on)
        steep = smoothstep(np.abs(np.gradient(self._ends)), *STEEP)[self._columns]
        close = (1 - smoothstep(away, 0, NEAR)) * np.maximum(steep, smoothstep(self._height, *HIGH))
        gone_on += close[:, None] * (near - gone_on)
        if not (bare or fades):
            return gone_on
        sides = self._middle + self._half * np.array([-1, 1])
        if not fades:
            narrow, wide = WIDE * self._half
            sides = np.clip(
                known[[0, -1]], self._middle + np.array([-wide, narrow]), self._middle + np.array([-narrow, wide])
            )
        share = self._between(self._up_to_ears(sides))[:, None]
        gone_on += share * (1 - gone_on[:, 3:] / 255) * neck
        if fades:
            share *= (smoothstep(self._height, 0, WHOLE) * (1 - self._dark_hair(gone_on)))[:, None]
            gone_on += share * (neck - gone_on)
        return gone_on

    def _dark_hair(self, colours: np.ndarray) -> np.ndarray:
        """(N,) 0..1: whether colours (N, 4) are somebody's and darker than skin is, which hangs before the neck."""
        light = np.linalg.norm(colours[:, :3], axis=1) / np.linalg.norm(self._skin)
        return (1 - smoothstep(light, *LIT)) * colours[:, 3] / 255

    def _straight_up(self, seen: np.ndarray) -> np.ndarray:
        """(N, 4) of what is seen (C, 4) below each column, the higher the less sharp."""
        blurred = np.stack([gaussian_filter1d(seen, blur * self._eyes, 0, mode="nearest") for blur in BLURS])
        level = np.interp(self._height, BLURS, np.arange(len(BLURS)))
        lower = np.minimum(level.astype(int), len(BLURS) - 2)
        share = (level - lower)[:, None]
        return blurred[lower, self._columns] * (1 - share) + blurred[lower + 1, self._columns] * share

    def _who(self, seen: np.ndarray, backdrop: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
        """(C,) 0..1 in each column below the cut, of colours seen (C, 4) before a backdrop (C, 4): whether somebody is
        there, and whether it is skin; and whether the neck is a bust's, which fades out."""
        bright = np.linalg.norm(seen[:, :3], axis=1) / np.linalg.norm(self._skin)
        cosine = seen[:, :3] @ self._skin / np.maximum(bright * (self._skin @ self._skin), 1e-6)
        skin = smoothstep(cosine, *HUE) * smoothstep(bright, *LIT) * (seen[:, 3] > 127)
        there = np.ones(len(seen))
        if self._background is None or not self._fades():
            return there, skin, False
        hue = self._hue(seen, backdrop)
        away = np.abs(seen - backdrop)[:, :3].max(1)
        there = np.maximum(smoothstep(away, *SEEN), smoothstep(hue, *TINGED))
        return there, skin * smoothstep(hue, *FADING), True

    def _fades(self) -> bool:
        """Whether nobody is seen any more a little below the chin."""
        chin = int(round(float(self._points[CHIN] @ self._across))) - self._first
        width = max(1, round(CHIN_WIDTH * self._eyes))
        about = slice(max(0, chin - width), chin + width + 1)
        seen, backdrop = (np.median(self._below(each, UNDER)[about], 0) for each in (self._person, self._background))
        return bool((self._hue(seen, backdrop) < FADING[0]).all() and (np.abs(seen - backdrop)[:, :3] < NOBODY).all())

    def _hue(self, seen: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
        """(N,) how far the hue of colours (N, 4) is from that of a backdrop (N, 4), 0, to that of the cheeks, 1."""
        seen, backdrop, skin = (
            each[..., :3] / np.maximum(each[..., :3].mean(-1, keepdims=True), 1)
            for each in (seen, backdrop, self._skin)
        )
        way = skin - backdrop
        return ((seen - backdrop) * way).sum(-1) / np.maximum((way**2).sum(-1), 1e-6)

    def _colours(self, seen: np.ndarray, skin: np.ndarray) -> np.ndarray:
        """(N, 4) of the neck's skin behind each hidden pixel: mixed of what is skin (C,) of what is seen (C, 4) below
        the columns; where none is, the cheeks' in the shadow of the chin."""
        weights = skin * (np.abs(np.arange(len(skin)) - self._middle) < WIDE[1] * self._half)
        sums = np.c_[seen[:, :3], np.ones(len(seen))] * weights[:, None]
        sums = gaussian_filter1d(sums, SPREAD * self._eyes, 0, mode="constant")
        sums += PRIOR * np.r_[SHADOW * self._skin, 1]
        return np.c_[sums[:, :3] / sums[:, 3:], np.full(len(sums), 255.0)][self._columns]

    def _up_to_ears(self, sides: np.ndarray) -> np.ndarray:
        """(N, 2) columns of the neck's sides at the height of each hidden pixel: from sides (2,) below the cut up to
        the lobes of the ears."""
        lobes = self._points[list(LOBES)]
        top = np.sort(lobes @ self._across) - self._first + NEAR_LOBE * self._eyes * np.array([1, -1])
        top = np.clip(top, *(self._middle + self._half * WIDE[1] * np.array([-1, 1])))
        top = np.array([min(top[0], sides[0]), max(top[1], sides[1])])
        tall = np.maximum(self._ends - float((lobes @ self._down).mean()), 1) / self._eyes
        return sides + np.clip(self._height / tall[self._columns], 0, 1)[:, None] * (top - sides)

    def _between(self, sides: np.ndarray) -> np.ndarray:
        """(N,) 0..1: which of the hidden pixels are between two columns, (2,) or (N, 2)."""
        beside = np.minimum(self._columns - sides[..., 0], sides[..., 1] - self._columns) / self._eyes
        return smoothstep(beside, -SIDE, SIDE)

    def _ends_of(self, along: np.ndarray) -> np.ndarray:
        """(C,) how far down the hidden pixels go in each column."""
        ends = np.full(self._columns.max() + 1, -np.inf)
        np.maximum.at(ends, self._columns, along)
        known = np.flatnonzero(np.isfinite(ends))
        ends = np.interp(np.arange(len(ends)), known, ends[known])
        return gaussian_filter1d(ends, BLURS[0] * self._eyes, mode="nearest")

    def _below(self, image: np.ndarray | None, distances: np.ndarray) -> np.ndarray:
        """(C, D, 4) of an image (h, w, 4), so many eye distances below the end of each column."""
        if image is None:
            return np.zeros((len(self._ends), len(distances), 4))
        columns = np.arange(len(self._ends)) + self._first
        along = self._ends[:, None] + distances * self._eyes
        return _sampled(image, columns[:, None, None] * self._across + along[..., None] * self._down)

    def _pixels(self, landmarks: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        at = np.clip(self._points[list(landmarks)].astype(int), 0, np.array(self._person.shape[1::-1]) - 1)
        return at[:, 1], at[:, 0]


def _sampled(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(..., 4) of an image (h, w, 4) at places (..., 2) pixels."""
    at = np.moveaxis(places, -1, 0)[::-1] - 0.5
    return np.stack([map_coordinates(image[..., i], at, float, 1, "nearest") for i in range(4)], -1)
