# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind the lower face of a bust, whose neck fades out below the chin: the neck is whole up to the ears."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.face_tracking.landmark_indices import CHIN
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.jaw.columns import Columns
from mien.photo.relief import LOBES, axes_of, neck_of

BELOW = np.linspace(0.02, 0.06, 4)  # eye distances below the cut, from which what is behind it goes on upwards
NEAR = 0.12  # eye distances inwards, over which what is around the lower face goes on behind it
# Eye distances above the cut, and slopes of its lower edge, from which on what is around is beside it and not below.
HIGH, STEEP = (0.06, 0.2), (1.2, 2.5)
CHEEKS = (50, 280, 205, 425, 187, 411, 207, 427, 206, 426, 36, 266)  # landmarks on bare skin
HUE = (0.985, 0.995)  # cosine between a colour and the cheeks', over which it comes to be skin
LIT = (0.25, 0.45)  # of the cheeks' light, over which it does: hair is darker
LEAST_NECK = 0.2  # eye distances of skin below the jaw that are a neck
WITHOUT_GAPS = 0.9  # share of the columns between the outermost of its skin, from which on it is seen from side to side
WIDEST = 1.2  # of the half width of the fitted head's neck
NEAR_LOBE = 0.16  # eye distances from the lobe of an ear inwards to where the neck's side ends
SIDE = 0.04  # of the eye distance, over which it is drawn
SPREAD = 0.15  # eye distances, over which the neck's colours are mixed
PRIOR, SHADOW = 0.05, 0.8  # columns' weight; of the cheeks' light: the neck where no skin is seen below the chin
WHOLE = 0.12  # eye distances above the cut, over which a neck that fades out below it becomes whole
# Of a bust whose neck fades out, nobody is seen so many eye distances below the cut, in the chin's width; of 255 from
# the background at most.
UNDER, CHIN_WIDTH, NOBODY = np.linspace(0.2, 0.5, 7), 0.15, 30.0
FADING = (0.6, 1.0)  # of the way from the background's hue to the cheeks', over which a fading neck becomes whole
SEEN, TINGED = (25.0, 45.0), (0.1, 0.4)  # of 255 from the background, and of that way, over which somebody is seen


class Neck:
    """What is behind the pixels hidden (h, w) bool of a part person (h, w, 4) of the picture, premultiplied, whose
    first pixel is at low (2,); background (h, w, 4): the same of what is behind the person. fades: whether the neck is
    a bust's, of which nobody is seen any more a little below the chin."""

    def __init__(
        self, face: FittedFace, person: np.ndarray, background: np.ndarray, hidden: np.ndarray, low: np.ndarray
    ) -> None:
        self._columns = Columns(face, hidden)
        self._eyes = face.eye_distance
        self._points = face.points[:, :2] - low
        self._person, self._background = person, background
        self._down, self._across = axes_of(face)
        joint, self._half, _ = neck_of(face)
        self._middle = float((joint[:2] - low) @ self._across) - self._columns.first
        self._skin = np.maximum(np.median(person[self._pixels(CHEEKS)][:, :3].astype(float), 0), 1)
        self._seen, backdrop = (self._columns.below(each, BELOW).mean(1) for each in (person, background))
        self._there, self._skin_below = self._who(self._seen, backdrop)
        self.fades = len(self._seen) > 1 and self._fades() and not self._is_seen()

    def gone_on_upwards(self, near: np.ndarray, away: np.ndarray) -> np.ndarray:
        """(N, 4) for the N hidden pixels: what lies below them, where they end, the higher the less sharp; and skin
        where the neck is, which does not fade out behind the jaw. near (N, 4): what is around all of them, which they
        show where they are less `away` (N,) eye distances from it."""
        columns = self._columns
        gone_on = columns.straight_up(self._seen * self._there[:, None])
        steep = smoothstep(np.abs(np.gradient(columns.ends)), *STEEP)[columns.index]
        close = (1 - smoothstep(away, 0, NEAR)) * np.maximum(steep, smoothstep(columns.height, *HIGH))
        gone_on += close[:, None] * (near - gone_on)
        neck = self._colours()
        share = self._between(self._up_to_ears())[:, None]
        gone_on += share * (1 - gone_on[:, 3:] / 255) * neck
        share *= (smoothstep(columns.height, 0, WHOLE) * (1 - self._dark_hair(gone_on)))[:, None]
        gone_on += share * (neck - gone_on)
        return gone_on

    def _dark_hair(self, colours: np.ndarray) -> np.ndarray:
        """(N,) 0..1: whether colours (N, 4) are somebody's and darker than skin is, which hangs before the neck."""
        light = np.linalg.norm(colours[:, :3], axis=1) / np.linalg.norm(self._skin)
        return (1 - smoothstep(light, *LIT)) * colours[:, 3] / 255

    def _who(self, seen: np.ndarray, backdrop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(C,) 0..1 in each column below the cut, of colours seen (C, 4) before a backdrop (C, 4): whether somebody is
        there, and whether it is skin."""
        bright = np.linalg.norm(seen[:, :3], axis=1) / np.linalg.norm(self._skin)
        cosine = seen[:, :3] @ self._skin / np.maximum(bright * (self._skin @ self._skin), 1e-6)
        skin = smoothstep(cosine, *HUE) * smoothstep(bright, *LIT) * (seen[:, 3] > 127)
        hue = self._hue(seen, backdrop)
        away = np.abs(seen - backdrop)[:, :3].max(1)
        there = np.maximum(smoothstep(away, *SEEN), smoothstep(hue, *TINGED))
        return there, skin * smoothstep(hue, *FADING)

    def _is_seen(self) -> bool:
        """Whether the neck's skin is seen below the cut, from side to side: it does not fade out there."""
        known = np.flatnonzero(self._skin_below > 0.5)
        return len(known) > LEAST_NECK * self._eyes and len(known) > WITHOUT_GAPS * int(np.ptp(known))

    def _fades(self) -> bool:
        """Whether nobody is seen any more a little below the chin."""
        chin = int(round(float(self._points[CHIN] @ self._across))) - self._columns.first
        width = max(1, round(CHIN_WIDTH * self._eyes))
        about = slice(max(0, chin - width), chin + width + 1)
        seen, backdrop = (
            np.median(self._columns.below(each, UNDER)[about], 0) for each in (self._person, self._background)
        )
        return bool((self._hue(seen, backdrop) < FADING[0]).all() and (np.abs(seen - backdrop)[:, :3] < NOBODY).all())

    def _hue(self, seen: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
        """(N,) how far the hue of colours (N, 4) is from that of a backdrop (N, 4), 0, to that of the cheeks, 1."""
        seen, backdrop, skin = (
            each[..., :3] / np.maximum(each[..., :3].mean(-1, keepdims=True), 1)
            for each in (seen, backdrop, self._skin)
        )
        way = skin - backdrop
        return ((seen - backdrop) * way).sum(-1) / np.maximum((way**2).sum(-1), 1e-6)

    def _colours(self) -> np.ndarray:
        """(N, 4) of the neck's skin behind each hidden pixel: mixed of what is skin of what is seen below the columns;
        where none is, the cheeks' in the shadow of the chin."""
        count = len(self._seen)
        weights = self._skin_below * (np.abs(np.arange(count) - self._middle) < WIDEST * self._half)
        sums = np.c_[self._seen[:, :3], np.ones(count)] * weights[:, None]
        sums = gaussian_filter1d(sums, SPREAD * self._eyes, 0, mode="constant")
        sums += PRIOR * np.r_[SHADOW * self._skin, 1]
        return np.c_[sums[:, :3] / sums[:, 3:], np.full(len(sums), 255.0)][self._columns.index]

    def _up_to_ears(self) -> np.ndarray:
        """(N, 2) columns of the neck's sides at the height of each hidden pixel: from the fitted head's at the cut to
        the lobes of the ears."""
        lobes = self._points[list(LOBES)]
        sides = self._middle + self._half * np.array([-1, 1])
        top = np.sort(lobes @ self._across) - self._columns.first + NEAR_LOBE * self._eyes * np.array([1, -1])
        top = np.clip(top, *(self._middle + self._half * WIDEST * np.array([-1, 1])))
        top = np.array([min(top[0], sides[0]), max(top[1], sides[1])])
        tall = np.maximum(self._columns.ends - float((lobes @ self._down).mean()), 1) / self._eyes
        return sides + np.clip(self._columns.height / tall[self._columns.index], 0, 1)[:, None] * (top - sides)

    def _between(self, sides: np.ndarray) -> np.ndarray:
        """(N,) 0..1: which of the hidden pixels are between two columns, sides (N, 2)."""
        beside = np.minimum(self._columns.index - sides[:, 0], sides[:, 1] - self._columns.index) / self._eyes
        return smoothstep(beside, -SIDE, SIDE)

    def _pixels(self, landmarks: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        at = np.clip(self._points[list(landmarks)].astype(int), 0, np.array(self._person.shape[1::-1]) - 1)
        return at[:, 1], at[:, 0]
