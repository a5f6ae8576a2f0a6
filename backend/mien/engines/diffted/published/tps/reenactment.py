# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo that moves as a film does, by the motion model: the film's key points are found, and the photo is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from mien.engines.diffted.published.tps.modes import driving_points
from mien.engines.diffted.published.tps.renderer import Renderer


def reenact(renderer: Renderer, film: Iterable[np.ndarray], mode: str = "relative") -> Iterator[np.ndarray]:
    """A frame (side, side, 3) uint8 of the photo for each picture (H, W, 3) uint8 of a film; modes of `driving_points`.

    The film may be of somebody else, or of the same photo as another renderer moved it. For `relative` its first frame
    should show the photo's pose. EngineError as `driving_points`, at the first frame.
    """
    first: np.ndarray | None = None
    for picture in film:
        points = renderer.detect(picture)
        first = points if first is None else first
        driving = np.stack([first, points])
        yield renderer.frame(driving_points(mode, renderer.model, renderer.key_points, driving)[1])
