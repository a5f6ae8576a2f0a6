# SPDX-License-Identifier: GPL-3.0-or-later
"""The light in a photo, and colours as light: sRGB and linear."""

from __future__ import annotations

import numpy as np

from mien.face_tracking.landmark_indices import LEFT_EYE, RIGHT_EYE
from mien.numeric.srgb import linear
from mien.photo.eyes import CHEEKS, polygon, window
from mien.photo.fit import FittedFace

# Of the skin's light, where the eyes are not brighter still. Teeth in mouths that are open by .12 to .16 eye distances
# are 1.55 and 1.35 times as light as the cheeks (linear, medians of two people), a third's with braces .48. Drawn ones
# are .9 to 1: brighter, they cost the third more than the first two gain (docs/measurements/portrait.md).
WHITER = 1.4
# Of the colour that the whites of the eyes have, red at their rims as they are: teeth of the first two have hardly any.
TINTED = 0.2
NOSTRILS = (98, 97, 2, 326, 327, 460, 328, 462, 370, 94, 141, 242, 99, 240)  # landmarks
NOSTRIL_ROOM = 0.02  # of the eye distance around them
DARKEST = 2.0  # percent of these pixels
MOST_DARK = 0.08  # of the cheeks' light: what is lighter is not the dark


def white_of(face: FittedFace, pixels: np.ndarray) -> np.ndarray:
    """(3,) linear: what a white surface would show in the face's light, from the skin and the white of the eyes."""
    picture = pixels[..., :3]
    at = np.clip(face.points[list(CHEEKS), :2].astype(int), 0, np.array(picture.shape[1::-1]) - 1)
    skin = np.median(linear(picture[at[:, 1], at[:, 0]] / 255), 0)
    light, tint = WHITER * float(skin.mean()), skin
    brightest = 0.0
    for ring in (RIGHT_EYE, LEFT_EYE):
        outline = face.points[list(ring), :2]
        rows, columns, low = window(outline, 2, picture.shape)
        part = linear(picture[rows, columns] / 255)
        inside = part[polygon(outline, low, part.shape[:2]) > 0.9]
        if len(inside) > 8:
            eye = np.percentile(inside, 85, axis=0) * 1.1
            light = max(light, float(eye.mean()))
            if eye.mean() > brightest:
                brightest, tint = float(eye.mean()), eye
    return np.clip(light * (1 + TINTED * (tint / max(float(tint.mean()), 1e-6) - 1)), 0.02, 1.0)


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
