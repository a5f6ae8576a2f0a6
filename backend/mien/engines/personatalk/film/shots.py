# SPDX-License-Identifier: GPL-3.0-or-later
"""A film shot by shot: each long shot is rendered from its own pictures, whose light and distance are the same; short
ones from those of the whole film. Only the references of one shot are in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mien.engines.base import Progress
from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.covered import CoverTest
from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.references.bank import ReferenceBank, reference_bank
from mien.engines.personatalk.references.choice import choose_references
from mien.engines.personatalk.references.path import ReferencePath, reference_path
from mien.engines.personatalk.renderer import Renderer
from mien.engines.personatalk.template import FaceTemplate
from mien.video.footage import Footage

OWN_BANK = 75  # learnable frames from which a shot has references of its own
LEAST_KEPT = 0.5  # share of the references that are not covered: with fewer the test is wrong


@dataclass(frozen=True, eq=False)
class ShotRenderer:
    """renderer of one shot; path: its references for those of the dub's K frames that are in it, of which `place` (K,)
    has the place in the path, -1 outside of the shot."""

    renderer: Renderer
    path: ReferencePath
    place: np.ndarray


class ShotRenderers:
    """Call it with the number of a shot, in growing order: its ShotRenderer."""

    def __init__(
        self, footage: Footage, shapes: FaceShapes, shot: np.ndarray, learnt: np.ndarray, space: MouthSpace,
        template: FaceTemplate, progress: Progress,
    ) -> None:  # fmt: skip
        """shot (N,), learnt (N,) bool of the film's frames; `progress` is called for each reference that is read."""
        self._footage, self._shapes, self._shot = footage, shapes, shot
        self._space, self.template, self._progress = space, template, progress
        self._mouth = space.coefficients(shapes.shapes)
        self._own = {int(number): self._chosen(learnt & (shot == number), OWN_BANK) for number in np.unique(shot)}
        short = any(len(frames) == 0 for frames in self._own.values())
        self._everywhere = self._chosen(learnt) if short else np.zeros(0, int)
        self._total, self._read = sum(map(len, self._own.values())) + len(self._everywhere), 0
        self._ahead: Iterator[tuple[int, np.ndarray]] | None = None
        self._whole: tuple[Renderer, Appearance] | None = None

    def __call__(self, number: int, sources: np.ndarray, mouth: np.ndarray) -> ShotRenderer:
        """Of shot `number`; sources (K,): the film's frame under each frame of the dub, mouth (K, 12): how it is."""
        renderer, appearance = self._renderer(number)
        place = np.full(len(sources), -1)
        inside = np.flatnonzero((self._shot[sources] == number) & self._shapes.seen[sources])
        place[inside] = np.arange(len(inside))
        path = reference_path(appearance, mouth[inside], self._shapes.turn[sources[inside]])
        return ShotRenderer(renderer, path, place)

    def _step(self) -> None:
        self._read += 1
        self._progress(self._read / self._total, "references")

    def _chosen(self, frames: np.ndarray, least: int = 0) -> np.ndarray:
        """The references out of frames (N,) bool; none where there are fewer than `least` of these."""
        if frames.sum() < least:
            return np.zeros(0, int)
        return choose_references(frames, self._mouth, self._shapes.turn)

    def _pictures(self) -> Iterator[tuple[int, np.ndarray]]:
        return enumerate(picture.pixels for picture in self._footage.pictures())

    def _renderer(self, number: int) -> tuple[Renderer, Appearance]:
        own = self._own[number]
        if len(own):
            self._ahead = self._ahead or self._pictures()
            return self._of(own, self._ahead)
        if self._whole is None:
            self._whole = self._of(self._everywhere, self._pictures())
        return self._whole

    def _of(self, frames: np.ndarray, pictures: Iterator[tuple[int, np.ndarray]]) -> tuple[Renderer, Appearance]:
        bank: ReferenceBank = reference_bank(frames, pictures, self._shapes, self._space, self.template, self._step)
        cover = CoverTest(bank.textures, self.template)
        if 0 < cover.covered.mean() < 1 - LEAST_KEPT:
            bank = bank.without(cover.covered)
            cover = CoverTest(bank.textures, self.template)
        appearance = Appearance(bank)
        return Renderer(self._shapes, self._space, appearance, cover), appearance
