# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a dub, one after another, each drawn when it is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from mien.engines.personatalk.covered import CERTAIN, DOUBTFUL
from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.film.kept_pictures import BESIDE, BETWEEN, COVERED, PAUSE, without_short_gaps
from mien.engines.personatalk.film.shots import ShotRenderer, ShotRenderers
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.references.bank import FlatPicture
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

    @property
    def frame(self) -> float:
        """Seconds of a picture."""
        return float(1 / self.footage.rate)

    def __call__(
        self, kept: list[str | None], wanted: np.ndarray, step: Callable[[int], None]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(number, pixels) of the pictures `wanted` (K,) bool. kept: why each keeps its own pixels, None where it does
        not; those that turn out to be covered are added. `step` is called with the number of each of the K."""
        cover = _Cover(kept, self.frame)
        shots = self.shot[self.sources]
        near = np.asarray(ndimage.binary_dilation(wanted, iterations=cover.reach), bool) & np.isin(shots, shots[wanted])
        waiting: deque[_Waiting] = deque()
        shot, renderer = -1, None
        for number, source, pixels in self._with_own_pictures():
            step(number)
            if waiting and self.shot[waiting[-1].source] != self.shot[source]:
                yield from self._drawn(waiting, 0, cover, kept, wanted)
                cover.begin(number)
            own = None
            if near[number] and cover.candidate[number]:
                if renderer is None or shot != self.shot[source]:
                    shot = int(self.shot[source])
                    renderer = self.renderers(shot, self.sources, self.mouth)
                own = renderer.renderer.flat(pixels, source)
                cover.unlike[number] = renderer.renderer.unlike(own)
            waiting.append(_Waiting(number, source, pixels, renderer, own))
            yield from self._drawn(waiting, cover.reach, cover, kept, wanted)
        yield from self._drawn(waiting, 0, cover, kept, wanted)

    def _drawn(
        self, waiting: deque[_Waiting], most: int, cover: _Cover, kept: list[str | None], wanted: np.ndarray
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Those wanted of the pictures that wait, until `most` are left."""
        while len(waiting) > most:
            picture = waiting.popleft()
            number, pixels = picture.number, picture.pixels
            if not wanted[number]:
                continue
            if kept[number] is None and cover.stays(number, number + len(waiting) + 1):
                kept[number] = COVERED
            if kept[number] is None:
                assert picture.renderer is not None  # it is asked for
                at = picture.renderer
                pixels = at.renderer.render(
                    pixels, picture.source, self.shape(number), at.path[int(at.place[number])], own=picture.own
                )
            yield number, draw_label(pixels, "dub") if self.labelled else pixels

    def shape(self, number: int) -> np.ndarray:
        """(468, 3) of the face in a picture of the dub, as FaceShapes has them."""
        source = self.sources[number]
        return self.space.moved(self.shapes.shapes[source], self.mouth[number] - self.own[source])

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


class _Waiting(NamedTuple):
    """A picture that is drawn once those after it have been looked at; own: laid flat, where it was."""

    number: int
    source: int
    pixels: np.ndarray
    renderer: ShotRenderer | None
    own: FlatPicture | None


class _Cover:
    """Which of K pictures of `frame` s are covered, found as they come; `reach`: so many after a picture, and before
    it, decide of it."""

    def __init__(self, kept: list[str | None], frame: float) -> None:
        self.candidate = np.array([why in (None, COVERED) for why in kept])
        self._refused = ~self.candidate & np.array([why != PAUSE for why in kept])
        self.unlike = np.zeros(len(kept))
        self._frame, self._beside, self._begin = frame, round(BESIDE / frame), 0
        self.reach = self._beside + round(BETWEEN / frame)

    def begin(self, number: int) -> None:
        """A shot begins with this picture: what is before it says nothing of it."""
        self._begin = number

    def stays(self, number: int, end: int) -> bool:
        """Whether a picture keeps its own pixels, by those before `end`: it is covered, or beside one that is, or all
        between are doubtful."""
        part = slice(max(self._begin, number - self.reach), min(end, number + self.reach + 1))
        covered = self.unlike[part] > CERTAIN
        if not covered.any():
            return False
        doubtful = covered | (self.unlike[part] > DOUBTFUL)
        stays = np.asarray(ndimage.binary_dilation(covered, iterations=self.reach, mask=doubtful), bool)
        if self._beside:
            stays |= np.asarray(ndimage.binary_dilation(covered, iterations=self._beside), bool)
        return bool(without_short_gaps(stays | self._refused[part], self._frame)[number - part.start])
