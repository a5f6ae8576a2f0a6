# SPDX-License-Identifier: GPL-3.0-or-later
"""How near a rendered mouth is to the filmed one: measures over the lip box of pictures that were held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from mien.engines.personatalk.references.bank import FINE
from mien.face_tracking.landmark_indices import OUTER_LIPS

BOX = (1.24, 1.0)  # eye distances: width and height of the lip box
LUMA = (0.299, 0.587, 0.114)
SSIM_SIGMA, SSIM_EDGE = 1.5, 5  # Wang et al. 2004
BEST_PSNR = 99.0


@dataclass(frozen=True)
class PixelScores:
    """psnr (dB) and ssim, means over the pictures' lip boxes; lips: PSNR within the outer lips; texture: high-pass root
    mean square of the lips over the true one; flicker: mean change between pictures over the true one; outside: the
    largest error of any pixel outside of the mask."""

    psnr: float
    ssim: float
    lips: float
    texture: float
    flicker: float
    outside: int


def lip_box(points: np.ndarray, eye_distance: float, size: tuple[int, ...]) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) pixels around the lips of points (478, 3) in a picture of size (H, W, ...)."""
    lips = points[list(OUTER_LIPS), :2]
    middle = (lips.min(0) + lips.max(0)) / 2
    half = np.array(BOX) * eye_distance / 2
    low = np.clip(np.rint(middle - half).astype(int), 0, [size[1] - 2, size[0] - 2])
    high = np.clip(np.rint(middle + half).astype(int), low + 2, [size[1], size[0]])
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def pixel_scores(
    made: Mapping[int, np.ndarray], true: Mapping[int, np.ndarray], points: np.ndarray, eye_distance: np.ndarray,
    masks: Mapping[int, np.ndarray],
) -> PixelScores:  # fmt: skip
    """Of pictures by frame; points (N, 478, 3) and eye_distance (N,) pixels of all frames; masks (H, W) bool."""
    psnr, ssim, lips, textures, changes, outside = [], [], [], [], [], 0
    for i, picture in made.items():
        x0, y0, x1, y1 = lip_box(points[i], eye_distance[i], picture.shape)
        box = (slice(y0, y1), slice(x0, x1))
        one, other = picture[box].astype(float), true[i][box].astype(float)
        within = _polygon(points[i][list(OUTER_LIPS), :2] - [x0, y0], one.shape)
        psnr.append(_psnr((one - other) ** 2))
        lips.append(_psnr((one - other)[within] ** 2))
        ssim.append(structural_similarity(one @ LUMA, other @ LUMA))
        textures.append([(_fine(each, FINE * eye_distance[i])[within] ** 2).sum() for each in (one, other)])
        if i - 1 in made:
            changes.append([np.abs(each[i][box].astype(float) - each[i - 1][box]).mean() for each in (made, true)])
        outside = max(outside, int(np.abs(picture.astype(int) - true[i])[~masks[i]].max(initial=0)))
    texture, change = np.sum(textures, 0), np.sum(changes, 0) if changes else np.array([1.0, 1.0])
    return PixelScores(
        psnr=float(np.mean(psnr)),
        ssim=float(np.mean(ssim)),
        lips=float(np.mean(lips)),
        texture=float(np.sqrt(texture[0] / max(texture[1], 1e-9))),
        flicker=float(change[0] / max(change[1], 1e-9)),
        outside=outside,
    )


def structural_similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Mean SSIM of two images (H, W), 0 to 255, without their edges."""

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, SSIM_SIGMA, truncate=3.5)

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    a, b = mean(one), mean(other)
    variance_a, variance_b = mean(one * one) - a * a, mean(other * other) - b * b
    covariance = mean(one * other) - a * b
    values = (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variance_a + variance_b + c2))
    edge = min(SSIM_EDGE, (min(values.shape) - 1) // 2)
    return float(values[edge : values.shape[0] - edge, edge : values.shape[1] - edge].mean())


def _psnr(squares: np.ndarray) -> float:
    return (
        min(BEST_PSNR, float(10 * np.log10(255**2 / max(float(squares.mean()), 1e-12)))) if squares.size else BEST_PSNR
    )


def _fine(image: np.ndarray, sigma: float) -> np.ndarray:
    return image - np.stack([gaussian_filter(image[..., channel], sigma) for channel in range(3)], -1)


def _polygon(points: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    image = Image.new("1", (size[1], size[0]))
    ImageDraw.Draw(image).polygon([tuple(point) for point in points], fill=1)
    return np.asarray(image, bool)
