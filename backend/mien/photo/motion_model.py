# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a moving photo drawn anew by the user's own Thin-Plate-Spline motion model.

The warp's picture drives it: its key points, ten groups of five, are found in it, and move the photo as they are (mode
`standard`, Zhao and Zhang 2022); at rest they are the photo's own. It draws a square, around which the warp is seen.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from mien.engines.diffted.published.tps.renderer import Renderer

PREFERRED = {"portrait": "vox", "talk": "ted"}  # of several weights: what they were trained on
EDGE = 0.04  # of a square's side, over which it becomes the warp's picture


@dataclass(frozen=True)
class Square:
    """The part of a picture that a motion model draws, pixels."""

    left: int
    top: int
    side: int

    def of(self, picture: np.ndarray) -> np.ndarray:
        """(side, side, 3) of a picture (H, W, 3)."""
        return np.ascontiguousarray(picture[self.top : self.top + self.side, self.left : self.left + self.side])


def square_around(box: Sequence[float], size: tuple[int, int]) -> Square:
    """The square about a box (left, top, right, bottom) in a picture of size (width, height). Where the box is larger
    than the picture's shorter side, its top and its middle are kept: heads are above."""
    left, top, right, bottom = box
    side = round(min(max(right - left, bottom - top), *size))
    x = round((left + right - side) / 2)
    y = round(top if side < bottom - top else (top + bottom - side) / 2)
    return Square(int(np.clip(x, 0, size[0] - side)), int(np.clip(y, 0, size[1] - side)), side)


def weights_named(name: str | None, makes: str, data_folder: Path) -> str:
    """The imported weights of that name; None: those that fit best what is made, else the first by name.
    EngineMissing, in a sentence, where there are none."""
    from mien.engines.base import EngineMissing
    from mien.engines.diffted.published.tps import NEEDED, weights_in

    found = [path.stem for path in weights_in(data_folder)]
    if name in found:
        return name
    if name is not None:
        known = f" Imported are: {', '.join(found)}." if found else ""
        raise EngineMissing(f"no weights of the motion model are called {name!r}.{known} {NEEDED}.")
    if not found:
        raise EngineMissing(f"the renderer tps draws with weights that are not here. {NEEDED}.")
    return min(found, key=lambda each: (not each.startswith(PREFERRED[makes]), each))


class MotionModelDrawing:
    """Draws pictures (H, W, 3) uint8 of a photo that moves; `square` of the photo by the model, the rest as it is.

    `seconds`: of the pictures so far, by the clock.
    """

    def __init__(self, photo: np.ndarray, square: Square, weights: str, renderer: Renderer) -> None:
        self.square, self.weights, self.renderer = square, weights, renderer
        self.seconds, self.pictures = 0.0, 0
        self._share = _share(square, (photo.shape[1], photo.shape[0]))[..., None]

    def __call__(self, moved: np.ndarray) -> np.ndarray:
        """The picture of the photo with everything where it is in `moved` (H, W, 3) uint8."""
        begin = time.perf_counter()
        square = self.square
        part = square.of(moved)
        drawn = self.renderer.frame(self.renderer.detect(part))
        wide = Image.fromarray(drawn).resize((square.side, square.side), Image.Resampling.BICUBIC)
        mixed = part + self._share * (np.asarray(wide, np.float32) - part)
        whole = moved.copy()
        rows, columns = slice(square.top, square.top + square.side), slice(square.left, square.left + square.side)
        whole[rows, columns] = (mixed + 0.5).astype(np.uint8)
        self.seconds += time.perf_counter() - begin
        self.pictures += 1
        return whole

    def left(self, pictures: int) -> str:
        """How long a picture takes and how long so many will take; "" before the first."""
        if not self.pictures:
            return ""
        each = self.seconds / self.pictures
        return f"{each:.2g} s a picture on the {self._device}, {_clock(each * pictures)} left"

    def note(self) -> str:
        """A sentence for the user on what was drawn, and how long it took."""
        side, own = self.square.side, self.renderer.side
        enlarged = f", enlarged to {side}" if side > own else ""
        return (
            f"a square of {side} pixels was drawn anew by the motion model {self.weights!r} at {own} pixels{enlarged}; "
            f"a picture took {self.seconds / max(self.pictures, 1):.2g} s on the {self._device}, all of them "
            f"{_clock(self.seconds)}"
        )

    @property
    def _device(self) -> str:
        return "processor" if self.renderer.device.type == "cpu" else "graphics card"


def open_drawing(photo: np.ndarray, box: Sequence[float], weights: str, data_folder: Path) -> MotionModelDrawing:
    """The drawing of photo (H, W, 3) uint8 about a box (left, top, right, bottom) by weights of that name.
    EngineError in words where they are damaged."""
    from mien.engines.diffted.published.tps.renderer import open_renderer

    square = square_around(box, (photo.shape[1], photo.shape[0]))
    return MotionModelDrawing(photo, square, weights, open_renderer(square.of(photo), data_folder, weights))


def _share(square: Square, size: tuple[int, int]) -> np.ndarray:
    """(side, side) float32: 1 inside, falling to 0 at those edges of the square that are not the picture's."""
    steps = (np.arange(square.side) + 0.5) / max(EDGE * square.side, 1.0)
    rising, falling = np.minimum(steps, 1), np.minimum(steps[::-1], 1)

    def along(start: int, whole: int) -> np.ndarray:
        share = np.ones(square.side)
        if start > 0:
            share = share * rising
        return share * falling if start + square.side < whole else share

    return np.outer(along(square.top, size[1]), along(square.left, size[0])).astype(np.float32)


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
