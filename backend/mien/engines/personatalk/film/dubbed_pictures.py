# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a dub, one after another, each drawn when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.film.kept_pictures import COVERED
from mien.engines.personatalk.film.shots import ShotRenderers
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.video.footage import Footage
from mien.video.label import draw_label


@dataclass(frozen=True, eq=False)
class DubbedPictures:
    """Of a film of N pictures, whose `shot` (N,) and mouth `own` (N, 12) are known. sources (K,): the film's picture
    under each of the dub's; mouth (K, 12): how it is in the dub. labelled: whether a visible line says what it is."""

    footage: Footage
    shapes: FaceShapes
    space: MouthSpace
    renderers: ShotRenderers
    shot: np.ndarray
    sources: np.ndarray
    own: np.ndarray
    mouth: np.ndarray
    labelled: bool

    def __call__(
        self, kept: list[str | None], wanted: np.ndarray, step: Callable[[int], None]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(number, pixels) of the pictures `wanted` (K,) bool. kept: why each keeps its own pixels, None where it does
        not; those that turn out to be covered are added. `step` is called with the number of each of the K."""
        shot, renderer = -1, None
        for number, source, pixels in self._with_own_pictures():
            step(number)
            if not wanted[number]:
                continue
            if kept[number] is None:
                if renderer is None or shot != self.shot[source]:
                    shot = int(self.shot[source])
                    renderer = self.renderers(shot, self.sources, self.mouth)
                change = self.mouth[number] - self.own[source]
                shape = self.space.moved(self.shapes.shapes[source], change)
                references = renderer.path[int(renderer.place[number])]
                made = renderer.renderer.render(pixels, source, shape, references)
                if made is None:
                    kept[number] = COVERED
                else:
                    pixels = made
            yield number, draw_label(pixels, "dub") if self.labelled else pixels

    def _with_own_pictures(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """(number, source, pixels) of every picture of the dub; those that are shown again at the end are held."""
        sources = self.sources
        jumps = np.flatnonzero(np.diff(sources) != 1)
        again = set(sources[jumps[0] :].tolist()) if len(jumps) else set()
        held: dict[int, np.ndarray] = {}
        number = 0
        for index, picture in enumerate(self.footage.pictures()):
            if number == len(sources):
                return  # a preview is at its end
            if index in again:
                held[index] = picture.pixels
            if number < len(sources) and sources[number] == index:
                yield number, index, picture.pixels
                number += 1
        for later in range(number, len(sources)):
            yield later, int(sources[later]), held[int(sources[later])]
