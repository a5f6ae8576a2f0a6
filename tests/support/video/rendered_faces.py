# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head as pictures whose channels and rotation are known: what the tracker is tested on."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from mien.channels import INDEX
from mien.heads.default import load_head
from mien.preview.scene import Scene
from mien.video import OpenGLMissing
from mien.video.footage import Footage, Picture

SIDE = 192  # pixels


@cache
def face(channels: tuple[tuple[str, float], ...] = (), degrees: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    """(192, 192, 3) uint8, read-only: the head with these weights, turned by pitch, yaw, roll in degrees. The test is
    skipped where nothing can be drawn."""
    head = load_head()
    weights = np.zeros(52, np.float32)
    for name, value in channels:
        weights[INDEX[name]] = value
    picture = _scene().picture(head.pose(weights, np.radians(degrees).astype(np.float32)))
    picture.setflags(write=False)
    return picture


@cache
def _scene() -> Scene:
    try:
        return Scene((SIDE, SIDE))
    except OpenGLMissing as error:
        pytest.skip(str(error))


def nobody() -> np.ndarray:
    """(192, 192, 3) uint8 without a face."""
    down, across = np.mgrid[:SIDE, :SIDE]
    return np.stack([across, down, np.full_like(down, 90)], -1).astype(np.uint8)


def beside(*pictures: np.ndarray) -> np.ndarray:
    return np.concatenate(pictures, 1)


def footage(
    pictures: Iterable[np.ndarray], times: Iterable[Fraction] | None = None, start: Fraction = Fraction(0)
) -> Footage:
    """Footage of pictures in memory, 25 a second where no times are given."""
    pictures = list(pictures)
    times = list(times) if times is not None else [Fraction(i, 25) for i in range(len(pictures))]
    return Footage(
        name="rendered",
        width=pictures[0].shape[1],
        height=pictures[0].shape[0],
        rate=Fraction(25),
        length=times[-1] + Fraction(1, 25),
        has_sound=False,
        start=start,
        still=len(pictures) == 1,
        notes=(),
        open_pictures=lambda: (Picture(time, pixels) for time, pixels in zip(times, pictures, strict=True)),
    )
