# SPDX-License-Identifier: GPL-3.0-or-later
"""The skin of a shut lid, painted over an eye of the photo: the lid's own skin goes on down to where the lids meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, grey_closing, grey_dilation

from mien.numeric.smoothstep import smoothstep
from mien.photo.eyes import CHEEKS, EYES, opaque, polygon, window
from mien.photo.fill import filled
from mien.photo.fit import FittedFace

ROOM = 0.35  # of the eye distance around the opening that is looked at
RIMS = (0.022, 0.03)  # of the eye distance above and below the opening that the shut lid covers in any case
LASH_TALL = 0.12  # of the eye distance above the opening that lashes reach
STROKE = 0.06  # of the eye distance: dark strokes that are not as wide are lashes; a crease, a line or a rim is wider
THIN = (0.03, 0.10)  # of the brightness that such a stroke takes away, over which it is one
LEVEL = (1.1, 0.6)  # darkness of a level stroke over that of an upright one, from which it is no lash
BEYOND = (0.05, 0.10)  # of the eye distance beyond the corners of an eye, over which strokes stay where they are
HALO = 0.014  # of the eye distance around what is covered that its darkness reaches
SIDE = 0.35  # weight of the skin below the eye against that above, which the lid is of
AROUND = 0.12  # of the eye distance: the spread of the skin above the eye that a pixel is compared with
PALE = (0.75, 1.05)  # of its brightness, over which a pixel tells of the lid
EDGE = 0.02  # of the eye distance, over which a painted lid becomes the photo
LIT, LIGHTER = 0.4, (1.0, 1.4)  # share of the way from a lid's shade to the light of bare skin; limits of the factor
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
    covered = covered_by_lid(part, polygon(outline, low, size), eyes)
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    down = (y - _meeting(outline, x[0] + low[0]) + low[1]) / eyes  # below where the lids meet
    lid = filled(gaussian_filter(part, (0.7, 0.7, 0)), _skin(part, covered, down, eyes))
    lid *= _lit(lid, covered, picture, face, outline.mean(0))
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


def _lit(lid: np.ndarray, covered: np.ndarray, picture: np.ndarray, face: FittedFace, middle: np.ndarray) -> np.ndarray:
    """(h, w, 3) factors that bring a lid, which was filled from the shade of its socket, towards the light that the
    bare skin of the cheek below has in this photo: most in its middle, which bulges, and not at its edge. covered
    (h, w): where it is painted; middle (2,) pixels: of the eye."""
    cheeks = face.points[list(CHEEKS), :2]
    below = np.argsort(np.linalg.norm(cheeks - middle, axis=1))[: len(CHEEKS) // 2]
    places = np.round(cheeks[below] - 0.5).astype(int)
    inside = ((places >= 0) & (places < [picture.shape[1], picture.shape[0]])).all(1)
    if not inside.any():
        return np.ones_like(lid)
    skin = np.median(picture[places[inside, 1], places[inside, 0]], axis=0)
    own = (lid * covered[..., None]).sum((0, 1)) / max(float(covered.sum()), 1e-6)
    factor = np.clip(1 + LIT * (skin / np.maximum(own, 1.0) - 1), *LIGHTER)
    bulge = gaussian_filter(covered, 0.05 * face.eye_distance)
    bulge = np.clip(bulge / max(float(bulge.max()), 1e-6), 0, 1)[..., None]
    return 1 + bulge * (factor - 1)
