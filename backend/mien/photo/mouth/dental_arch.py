# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of teeth as a picture on a curved strip: crowns, the dark between them, the gum.

The crowns' widths, heights and steps are those of `mien.heads.teeth` (Wheeler's Dental Anatomy). A picture has soft
edges at any size, which the triangles of a row as coarse as a head's have not.
"""

from __future__ import annotations

import numpy as np

from mien.heads.teeth import (
    ARCH_DEPTH,
    LEAN,
    LOWER_HEIGHTS,
    LOWER_STEPS,
    LOWER_WIDTHS,
    UPPER_HEIGHTS,
    UPPER_STEPS,
    UPPER_WIDTHS,
)
from mien.numeric.srgb import srgb

ENAMEL, GUM = np.array((1.0, 0.94, 0.83)), np.array((0.46, 0.17, 0.16))  # linear, against white
BETWEEN = np.array((0.50, 0.36, 0.28))  # where two crowns meet
ABOVE = 0.020  # m from the plane of the edges to the end of the strip under the lip
BELOW = 0.0015  # m of room beyond the edges
HALF_WIDTH = 0.0276  # m: an ellipse a little wider than the head's, so that a wide smile is filled
COLUMNS, ROWS = 41, 4  # of the strip's mesh
CANINE = 2
# m of the upper and of the lower row: how far the corners of incisors are behind their edges, and how deep the dark
# between two crowns goes. Those of the lower row are flat, or what a lip leaves of it would be a row of beads.
INCISOR_CORNER, NOTCH = (0.0011, 0.0004), (0.0008, 0.0003)


def half_length(lower: bool) -> float:
    """Metres along the arch from the middle to the end of the row."""
    return float((LOWER_WIDTHS if lower else UPPER_WIDTHS).sum())


def strip(lower: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(places (N, 3) metres from the point of the edges in the middle: right, up, towards the camera; at (N, 2) 0..1
    in the picture of the row; triangles (T, 3))."""
    length = half_length(lower)
    along, up = np.linspace(-1, 1, COLUMNS), np.linspace(0, 1, ROWS)
    s, v = np.meshgrid(along * length, up, indexing="xy")
    x, z = _ellipse(np.abs(s))
    height = -BELOW + v * (ABOVE + BELOW)
    sign = -1.0 if lower else 1.0
    places = np.stack([np.sign(s) * x, sign * height, z - LEAN * height], -1).reshape(-1, 3)
    at = np.stack([(s / length + 1) / 2, v], -1).reshape(-1, 2)
    r, c = np.meshgrid(np.arange(ROWS - 1), np.arange(COLUMNS - 1), indexing="ij")
    corner = (r * COLUMNS + c).ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + COLUMNS, corner + 1], 1),
            np.stack([corner + 1, corner + COLUMNS, corner + COLUMNS + 1], 1),
        ]
    )
    return places, at, triangles.astype(np.int32)


def depth_at(x: np.ndarray) -> np.ndarray:
    """Metres (<= 0) that the arch is behind its front, x metres aside from its middle."""
    share = np.clip(np.abs(x) / HALF_WIDTH, 0, 0.98)
    return ARCH_DEPTH * (np.sqrt(1 - share**2) - 1)


def _ellipse(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(x, z) metres at s metres along the arch."""
    t = np.linspace(0, np.pi / 2, 400)
    x, z = HALF_WIDTH * np.sin(t), ARCH_DEPTH * (np.cos(t) - 1)
    run = np.r_[0, np.cumsum(np.hypot(np.diff(x), np.diff(z)))]
    return np.interp(s, run, x), np.interp(s, run, z)


def row_image(lower: bool, scale: float) -> np.ndarray:
    """(H, W, 4) uint8 sRGB with premultiplied alpha: the row in even white light; the edges of the teeth at the top.
    scale: pixels a metre."""
    widths, heights, steps = (
        (LOWER_WIDTHS, LOWER_HEIGHTS, LOWER_STEPS) if lower else (UPPER_WIDTHS, UPPER_HEIGHTS, UPPER_STEPS)
    )
    length = half_length(lower)
    columns, rows = max(8, round(2 * length * scale)), max(8, round((ABOVE + BELOW) * scale))
    s = ((np.arange(columns) + 0.5) / columns * 2 - 1) * length
    y = (np.arange(rows) + 0.5)[:, None] / rows * (ABOVE + BELOW) - BELOW
    ends = np.r_[0, np.cumsum(widths)]
    tooth = np.clip(np.searchsorted(ends, np.abs(s)) - 1, 0, len(widths) - 1)
    u = 2 * (np.abs(s) - ends[tooth]) / widths[tooth] - 1  # -1 nearer to the middle, 1 farther
    half = widths[tooth] / 2
    v = np.clip((y - steps[tooth]) / heights[tooth], 0, 1.2)
    pointed = np.where(tooth == CANINE, 0.0013, np.where(tooth > CANINE, 0.0007, 0.00025))
    corner = np.where(tooth < CANINE, INCISOR_CORNER[lower], 0.0006)
    edge = steps[tooth] + pointed * np.abs(u) ** 1.5 + corner * np.abs(u) ** 7
    side = 1 - 0.10 * v**2 - 0.015  # narrower at the neck
    gum = heights[tooth] * (1 - 0.13 * np.abs(u) ** 2.2) + steps[tooth]
    pixel = (ABOVE + BELOW) / rows
    below_edge = _rise(y - edge, pixel)
    in_crown = below_edge * _rise((side - np.abs(u)) * half, pixel) * _rise(gum - y, 1.5 * pixel)
    in_gum = _rise(y - gum, 1.5 * pixel)
    # A crown is round: darker at its sides, warmer at its neck, a little clear at its edge.
    light = (1 - 0.22 * np.abs(u) ** 4) * (1 - 0.10 * v**2) * (0.9 + 0.1 * np.clip((y - edge) / 0.0012, 0, 1))
    yellow = np.clip(0.35 * v + np.where(tooth == CANINE, 0.3, np.where(tooth > CANINE, 0.2, 0.0)), 0, 1)
    enamel = ENAMEL * (1 - yellow[..., None] * (0.03, 0.07, 0.16)) * light[..., None]
    colour = BETWEEN * (1 - in_crown[..., None]) + enamel * in_crown[..., None]
    soft = (1 - 0.35 * np.clip((y - gum) / 0.006, 0, 1))[..., None]
    colour = colour * (1 - in_gum[..., None]) + GUM * soft * in_gum[..., None]
    # Between the edges of two teeth the dark behind is seen.
    alpha = np.clip(np.maximum(in_crown, in_gum) + _rise(y - edge - NOTCH[lower], pixel + 0.0005), 0, 1) * below_edge
    alpha = np.maximum(alpha, in_crown)[..., None]
    return (np.clip(np.concatenate([srgb(colour) * alpha, alpha], 2), 0, 1) * 255 + 0.5).astype(np.uint8)


def _rise(distance: np.ndarray, width: float) -> np.ndarray:
    """0 where distance is well below 0, 1 above, over `width`."""
    return np.clip(distance / width + 0.5, 0, 1)
