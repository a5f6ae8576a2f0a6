# SPDX-License-Identifier: GPL-3.0-or-later
"""The skin of a shut lid, painted over an eye of the photo: the lid's own skin goes on down to where the lids meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_closing, grey_dilation

from mien.face_tracking.landmark_indices import CHIN
from mien.numeric.smoothstep import smoothstep
from mien.photo.eyes import CHEEKS, EYES, opaque, polygon, window
from mien.photo.fill import filled
from mien.photo.fit import FittedFace

FOREHEAD = 10  # landmark
ROOM = 0.35  # of the eye distance around the opening that is looked at
RIMS = (0.022, 0.03)  # of the eye distance above and below the opening that the shut lid covers in any case
LASH_TALL = 0.12  # of the eye distance above the opening that lashes reach
STROKE = 0.06  # of the eye distance: dark strokes that are not as wide are lashes; a crease, a line or a rim is wider
THIN = (0.03, 0.10)  # of the brightness that such a stroke takes away, over which it is one
LEVEL = (1.1, 0.6)  # darkness of a level stroke over that of an upright one, from which it is no lash
BEYOND = (0.07, 0.115)  # of the eye distance beyond the corners of an eye, over which strokes stay where they are
# Landmarks around the brows, whose hairs are strokes, too, and lie near the eye in a frown.
BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276))
OF_BROW = (0.65, 0.85)  # of the way from the eye to its brow, over which strokes come to be the brow's
HALO = 0.014  # of the eye distance around what is covered that its darkness reaches
SIDE = 0.35  # weight of the skin below the eye against that above, which the lid is of
AROUND = 0.12  # of the eye distance: the spread of the skin above the eye that a pixel is compared with
PALE = (0.75, 1.05)  # of its brightness, over which a pixel tells of the lid
EDGE = 0.02  # of the eye distance, over which a painted lid becomes the photo
LIT, LIGHTER = 0.4, (1.0, 1.4)  # share of the way from a lid's shade to the light of bare skin; limits of the factor
# The lid's own skin is seen between lashes and crease: what shimmers there shimmers when it is shut. Over the cheek's
# light (linear) its brightest quarter is 1.05 to 1.3 on a person with eyeshadow and .55 to .7 on two without, of whom
# shut lids are 1.25, .75 and .72.
STRIP, STRIP_MIDDLE, BRIGHT = (0.022, 0.065), slice(2, 7), 75.0  # of the eye distance above the opening; landmarks of a
# ring; percent of its pixels that are darker
ROUND, ROUND_WIDTH = 0.10, 0.055  # of the light that is lost where the lid turns to its lashes; of the eye distance
GRAIN = 0.6  # of the skin's, as a lid is smoother


def shut_lids(face: FittedFace, pixels: np.ndarray) -> np.ndarray:
    """(H, W, 4) uint8: the photo, pixels (H, W, 3 or 4) uint8, with bare lids over both eyes, without lashes."""
    picture = pixels[..., :3].astype(np.float32)
    out = picture.copy()
    for ring, _ in EYES.values():
        _paint_lid(out, picture, face.points[list(ring), :2], face)
    return opaque(out)


def _paint_lid(out: np.ndarray, picture: np.ndarray, outline: np.ndarray, face: FittedFace) -> None:
    eyes = face.eye_distance
    rows, columns, low = window(outline, ROOM * eyes, picture.shape)
    part = picture[rows, columns]
    size = part.shape[:2]
    opening = polygon(outline, low, size)
    covered = covered_by_lid(part, opening, eyes) * (1 - _of_brows(face, opening, low))
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    down = (y - _meeting(outline, x[0] + low[0]) + low[1]) / eyes  # below where the lids meet
    lid = filled(gaussian_filter(part, (0.7, 0.7, 0)), _skin(part, covered, down, eyes))
    lid *= _lit(lid, covered, picture, face, outline)
    # The lid is round: darker where it turns down to the lashes.
    lid *= (1 - ROUND * np.exp(-((np.minimum(down, 0) / ROUND_WIDTH) ** 2)))[..., None]
    lid += (GRAIN * _grain(part, covered) * np.random.default_rng(0).standard_normal(size))[..., None]
    wide = grey_dilation(covered, size=2 * max(1, round(EDGE * eyes)) + 1)
    cover = gaussian_filter(wide, max(0.7, 0.6 * EDGE * eyes))[..., None]
    out[rows, columns] = out[rows, columns] * (1 - cover) + lid * cover


def covered_by_lid(part: np.ndarray, opening: np.ndarray, eyes: float) -> np.ndarray:
    """(h, w) 0..1 what a shut lid covers of part (h, w, 3): the opening with its rims, and the lashes that stand above.
    A crease, a line of make-up above the rim and the rim of glasses stay: they are no thin strokes."""
    over, under = (max(1, round(share * eyes)) for share in RIMS)
    middle: Any = ((over - under) // 2, 0)
    rims = grey_dilation(opening, footprint=np.ones((over + under + 1, 1 + under)), origin=middle)
    tall = max(1, round(LASH_TALL * eyes))
    near = grey_dilation(opening, footprint=np.ones((2 * tall + 1, 1 + tall)))
    grey = part.mean(2)
    wide = 2 * max(1, round(STROKE * eyes / 2)) + 1
    upright, level = (1 - grey / np.maximum(grey_closing(grey, size=size), 1.0) for size in ((1, wide), (wide, 1)))
    thin = smoothstep(upright, *THIN) * smoothstep(level / np.maximum(upright, 1e-3), *LEVEL)
    # Nothing is taken from the lower lid.
    above = np.cumsum(opening[::-1], 0)[::-1] > 0
    above = gaussian_filter(grey_dilation(above.astype(np.float32), size=(1, 1 + tall)), 1.0)
    # What goes on beyond the corners stays there.
    lidded = np.flatnonzero(opening.max(0) > 0.5)
    x = np.arange(part.shape[1])
    beyond = np.maximum(lidded.min() - x, x - lidded.max()) if len(lidded) else np.zeros(len(x))
    between = 1 - smoothstep(beyond / eyes, *BEYOND)
    return between * np.maximum(np.clip(rims * 1.5, 0, 1), np.clip(1.5 * thin * (near > 0.1) * above, 0, 1))


def _of_brows(face: FittedFace, opening: np.ndarray, low: np.ndarray) -> np.ndarray:
    """(h, w) 0..1 what is nearer to a brow than to the opening (h, w) of an eye."""
    brows = np.max([polygon(face.points[list(brow), :2], low, opening.shape) for brow in BROWS], 0)
    to_brow, to_eye = (np.asarray(distance_transform_edt(mask < 0.5)) for mask in (brows, opening))
    if brows.max() < 0.5 or opening.max() < 0.5:  # out of the picture, or shut
        return np.zeros(opening.shape)
    return smoothstep(to_eye / np.maximum(to_eye + to_brow, 1.0), *OF_BROW)


def _meeting(outline: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(w,) pixels down to where the lids meet, which is at the lower one, for columns x (w,)."""
    lower = outline[[8, *range(9, 16), 0]]
    order = np.argsort(lower[:, 0])
    return np.interp(x, lower[order, 0], lower[order, 1])


def _skin(part: np.ndarray, covered: np.ndarray, down: np.ndarray, eyes: float) -> np.ndarray:
    """(h, w) 0..1 how well each pixel says what the skin of the lid is."""
    halo = max(1, round(HALO * eyes))
    bare = 1 - np.clip(gaussian_filter(grey_dilation(covered, size=2 * halo + 1), 0.7), 0, 1)
    grey = part.mean(2)
    spread, above = AROUND * eyes, bare * (down < 0)
    around = gaussian_filter(grey * above, spread) / np.maximum(gaussian_filter(above, spread), 1e-3)
    pale = np.maximum(smoothstep(grey / np.maximum(around, 1.0), *PALE), 0.002)
    return bare * pale * (1 - (1 - SIDE) * smoothstep(down, 0.0, 0.05))


def _grain(part: np.ndarray, covered: np.ndarray) -> float:
    """The spread of the grain of the skin around."""
    fine = np.abs(part - gaussian_filter(part, (1.5, 1.5, 0)))[covered < 0.05]
    return float(np.median(fine)) / 0.67 if len(fine) else 0.0


def _lit(
    lid: np.ndarray, covered: np.ndarray, picture: np.ndarray, face: FittedFace, outline: np.ndarray
) -> np.ndarray:
    """(h, w, 3) factors that bring a lid, which was filled from the shade of its socket, towards the light that the
    bare skin of the cheek below has in this photo, or to that of the lid's own skin, which is brighter where it
    shimmers: most in its middle, which bulges, and not at its edge. covered (h, w): where it is painted; outline
    (16, 2) pixels: of the eye."""
    cheeks = face.points[list(CHEEKS), :2]
    below = np.argsort(np.linalg.norm(cheeks - outline.mean(0), axis=1))[: len(CHEEKS) // 2]
    skin = _colours(picture, cheeks[below])
    if not len(skin):
        return np.ones_like(lid)
    own = (lid * covered[..., None]).sum((0, 1)) / max(float(covered.sum()), 1e-6)
    factor = 1 + LIT * (np.median(skin, axis=0) / np.maximum(own, 1.0) - 1)
    shimmer = _shimmer(picture, face, outline)
    if shimmer is not None:
        factor = np.maximum(factor, shimmer / max(float(own.mean()), 1.0))
    bulge = gaussian_filter(covered, 0.05 * face.eye_distance)
    bulge = np.clip(bulge / max(float(bulge.max()), 1e-6), 0, 1)[..., None]
    return 1 + bulge * (np.clip(factor, *LIGHTER) - 1)


def _shimmer(picture: np.ndarray, face: FittedFace, outline: np.ndarray) -> float | None:
    """The brightness of the brightest skin that the open lid shows above its lashes; None where it is not in the
    picture."""
    up = face.points[FOREHEAD, :2] - face.points[CHIN, :2]
    up = face.eye_distance * up / max(float(np.linalg.norm(up)), 1e-6)
    upper = outline[STRIP_MIDDLE]
    steps = np.linspace(0, len(upper) - 1, 60)
    line = np.stack([np.interp(steps, np.arange(len(upper)), upper[:, axis]) for axis in (0, 1)], 1)
    heights = np.linspace(*STRIP, 8)
    seen = _colours(picture, (line + heights[:, None, None] * up).reshape(-1, 2)).mean(1)
    if not len(seen):
        return None
    return float(seen[seen >= np.percentile(seen, BRIGHT)].mean())


def _colours(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(M, 3) the pixels of a picture (H, W, 3) at those of places (N, 2) that are in it."""
    at = np.round(places - 0.5).astype(int)
    inside = ((at >= 0) & (at < [picture.shape[1], picture.shape[0]])).all(1)
    return picture[at[inside, 1], at[inside, 0]]
