# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head made to look like different films: other faces, hair, backgrounds, light and cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

BACKDROP = 6  # of 255: what differs less from the empty scene is backdrop
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """identity: of the default head's file, "" for its own; hair: colour or None; background: a seed, or None for the
    studio's grey; light: factor of each colour at the picture's left and right edge; noise: spread of the camera's
    grain in 255ths; blur: of the lens, in pixels."""

    name: str
    identity: str = ""
    hair: Colour | None = None
    background: int | None = None
    light: tuple[Colour, Colour] = ((1, 1, 1), (1, 1, 1))
    noise: float = 0.0
    blur: float = 0.0


LOOKS = (
    Look("studio"),
    Look("dark hair, coloured background", hair=(38, 28, 24), background=1),
    Look(
        "fair hair, bright background", hair=(190, 160, 110), background=2, light=((1.2, 1.15, 1.1), (1.2, 1.15, 1.1))
    ),
    Look("light from the side", hair=(60, 45, 35), background=3, light=((1.25, 1.2, 1.1), (0.35, 0.35, 0.4))),
    Look(
        "dim, noisy camera",
        hair=(30, 25, 25),
        background=4,
        light=((0.4, 0.38, 0.36), (0.4, 0.38, 0.36)),
        noise=9,
        blur=0.8,
    ),
    Look("old man", identity="old_man", hair=(150, 150, 150), background=5),
)


def composited(picture: np.ndarray, empty: np.ndarray, look: Look, frame: int) -> np.ndarray:
    """(H, W, 3) uint8: picture of the head with the scene's `empty` backdrop, in another look. `frame` seeds grain."""
    head = np.abs(picture.astype(int) - empty).max(-1) > BACKDROP
    result = picture.astype(np.float32)
    if look.background is not None:
        edge = _blurred(head.astype(np.float32), 1.0)[..., None]
        result = result * edge + _background(picture.shape, look.background) * (1 - edge)
    if look.hair is not None:
        cover = _blurred(_hair(head), 2.0)[..., None]
        strands = 1 + 0.25 * np.random.default_rng(7).standard_normal((1, picture.shape[1], 1))
        result = result * (1 - cover) + np.clip(np.array(look.hair) * strands, 0, 255) * cover
    across = np.linspace(0, 1, picture.shape[1])[None, :, None]
    result = result * (np.array(look.light[0]) * (1 - across) + np.array(look.light[1]) * across)
    if look.blur:
        image = Image.fromarray(np.clip(result, 0, 255).astype(np.uint8))
        result = np.asarray(image.filter(ImageFilter.GaussianBlur(look.blur)), np.float32)
    if look.noise:
        result = result + look.noise * np.random.default_rng(frame).standard_normal(result.shape)
    return np.clip(result, 0, 255).astype(np.uint8)


def _hair(head: np.ndarray) -> np.ndarray:
    """(H, W) 0 or 1: the top of the head's outline, and its sides down to the ears."""
    rows, columns = np.nonzero(head)
    if not len(rows):
        return np.zeros(head.shape, np.float32)
    top, height = rows.min(), np.ptp(rows)
    upper = columns[rows < top + 0.4 * height]
    middle, half = (upper.min() + upper.max()) / 2, max(1.0, np.ptp(upper) / 2)
    down, across = np.mgrid[: head.shape[0], : head.shape[1]]
    side = np.clip(np.abs(across - middle) / half, 0, 1)
    line = top + height * (0.17 + 0.33 * side**5)
    return (head & (down < line)).astype(np.float32)


def _background(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """(H, W, 3) soft patches of colour."""
    coarse = np.random.default_rng(seed).integers(20, 235, (6, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC), np.float32)


def _blurred(mask: np.ndarray, radius: float) -> np.ndarray:
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255
