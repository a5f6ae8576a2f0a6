# SPDX-License-Identifier: GPL-3.0-or-later
"""The light in a photo, and colours as light: sRGB and linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.face_tracking.landmark_indices import FACE_OVAL, LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from mien.numeric.srgb import linear
from mien.photo.eyes import CHEEKS, polygon, window
from mien.photo.fit import FittedFace

BRIGHTEST = 98.0  # percent of the face that is darker than its brightest skin, which the light falls on squarely
# A white surface in the mouth is so much lighter than that, where the eyes are not lighter still. Of two people whose
# mouths are open by .12 to .16 eye distances the teeth are 1.55 and 1.35 times as light as the cheeks (linear), in
# faces whose brightest skin is 1.4 and 1.25 times as light; of a third, with braces, .48 and 1.15.
WHITER = 1.12
TINTED = 0.35  # of the brightest skin's colour: people's teeth have hardly any
NOSTRILS = (98, 97, 2, 326, 327, 460, 328, 462, 370, 94, 141, 242, 99, 240)  # landmarks
NOSTRIL_ROOM = 0.02  # of the eye distance around them
DARKEST = 2.0  # percent of these pixels
MOST_DARK = 0.08  # of the cheeks' light: what is lighter is not the dark


def white_of(face: FittedFace, pixels: np.ndarray) -> np.ndarray:
    """(3,) linear: what a white surface would show in the face's light, from the brightest skin and the white of the
    eyes."""
    picture = pixels[..., :3]
    skin = _inside(picture, face, FACE_OVAL, but=OUTER_LIPS)
    brightest = np.ones(3)
    if len(skin):
        grey = skin.mean(1)
        brightest = skin[grey >= np.percentile(grey, BRIGHTEST)].mean(0)
    light = WHITER * float(brightest.mean())
    for ring in (RIGHT_EYE, LEFT_EYE):
        eye = _inside(picture, face, ring)
        if len(eye) > 8:
            light = max(light, 1.1 * float(np.percentile(eye, 85, axis=0).mean()))
    return np.clip(light * (1 + TINTED * (brightest / max(float(brightest.mean()), 1e-6) - 1)), 0.02, 1.0)


def _inside(picture: np.ndarray, face: FittedFace, ring: Sequence[int], but: Sequence[int] = ()) -> np.ndarray:
    """(N, 3) linear: the pixels of a picture (H, W, 3) uint8 sRGB within a ring of landmarks, but for another's."""
    outline = face.points[list(ring), :2]
    rows, columns, low = window(outline, 2, picture.shape)
    size = rows.stop - rows.start, columns.stop - columns.start
    chosen = polygon(outline, low, size) > 0.9
    if but:
        chosen &= polygon(face.points[list(but), :2], low, size) < 0.1
    return linear(picture[rows, columns][chosen] / 255)


def dark_of(face: FittedFace, pixels: np.ndarray) -> np.ndarray:
    """(3,) linear: what no light falls on in the face, as its nostrils show: black in hard light, a brown or a grey
    where lens, film or paint lighten the dark."""
    picture = pixels[..., :3]
    nostrils = face.points[list(NOSTRILS), :2]
    rows, columns, _ = window(nostrils, NOSTRIL_ROOM * face.eye_distance, picture.shape)
    seen = linear(picture[rows, columns].reshape(-1, 3) / 255)
    grey = seen.mean(1)
    dark = seen[grey <= np.percentile(grey, DARKEST)].mean(0)
    at = np.clip(face.points[list(CHEEKS), :2].astype(int), 0, np.array(picture.shape[1::-1]) - 1)
    most = MOST_DARK * float(linear(picture[at[:, 1], at[:, 0]] / 255).mean(1).mean())
    # Small, or seen from above, a nostril is a mean of dark and skin.
    grey_dark = 0.65 * dark + 0.35 * dark.mean()
    return grey_dark * min(1.0, most / max(float(grey_dark.mean()), 1e-6))
