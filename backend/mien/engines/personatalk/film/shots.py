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
from mien.engines.personatalk.reference_bank import ReferenceBank, reference_bank
from mien.engines.personatalk.reference_choice import choose_references
from mien.engines.personatalk.reference_path import reference_path
from mien.engines.personatalk.renderer import Renderer
from mien.engines.personatalk.template import FaceTemplate
from mien.video.footage import Footage

OWN_BANK = 75  # learnable frames from which a shot has references of its own
LEAST_KEPT = 0.5  # share of the references that are not covered: with fewer the test is wrong


@dataclass(frozen=True, eq=False)
class ShotRenderer:
    """renderer of one shot, and `reference` (K,) of the bank for each frame of the dub, -1 outside of the shot."""

    renderer: Renderer
    reference: np.ndarray


class ShotRenderers:
    """Call it with the number of a shot, in growing order: its ShotRenderer."""

    def __init__(
        self, footage: Footage, shapes: FaceShapes, shot: np.ndarray, learnt: np.ndarray, space: MouthSpace,
        template: FaceTemplate, progress: Progress,
    ) -> None:  # fmt: skip
        """shot (N,), learnt (N,) bool of the film's frames; `progress` is called for each reference that is read."""
        self._footage, self._shapes, self._shot, self._learnt = footage, shapes, shot, learnt
        self._space, self._template, self._progress = space, template, progress
        self._mouth = space.coefficients(shapes.shapes)
        own = [len(self._chosen(number)) for number in np.unique(shot)]
        shared = len(choose_references(learnt, self._mouth, shapes.turn)) if min(own) == 0 else 0
        self._total, self._read = sum(own) + shared, 0
        self._ahead: Iterator[tuple[int, np.ndarray]] | None = None
        self._whole: Renderer | None = None
        self._appearances: dict[int, Appearance] = {}

    def __call__(self, number: int, sources: np.ndarray, mouth: np.ndarray) -> ShotRenderer:
        """Of shot `number`; sources (K,): the film's frame under each frame of the dub, mouth (K, 12): how it is."""
        renderer, appearance = self._renderer(number)
        reference = np.full(len(sources), -1)
        inside = np.flatnonzero((self._shot[sources] == number) & self._shapes.seen[sources])
        if len(inside):
            turn = self._shapes.turn[sources[inside]]
            reference[inside] = reference_path(appearance, mouth[inside], turn)
        return ShotRenderer(renderer, reference)

    def _step(self) -> None:
        self._read += 1
        self._progress(self._read / self._total, "references")

    def _chosen(self, number: int) -> np.ndarray:
        frames = self._learnt & (self._shot == number)
        if frames.sum() < OWN_BANK:
            return np.zeros(0, int)
        return choose_references(frames, self._mouth, self._shapes.turn)

    def _renderer(self, number: int) -> tuple[Renderer, Appearance]:
        chosen = self._chosen(number)
        if len(chosen):
            self._ahead = self._ahead or enumerate(picture.pixels for picture in self._footage.pictures())
            return self._of(chosen, self._ahead)
        if self._whole is None:
            everywhere = choose_references(self._learnt, self._mouth, self._shapes.turn)
            pictures = enumerate(picture.pixels for picture in self._footage.pictures())
            self._whole, self._appearances[0] = self._of(everywhere, pictures)
        return self._whole, self._appearances[0]

    def _of(self, frames: np.ndarray, pictures: Iterator[tuple[int, np.ndarray]]) -> tuple[Renderer, Appearance]:
        bank: ReferenceBank = reference_bank(frames, pictures, self._shapes, self._space, self._template, self._step)
        cover = CoverTest(bank.textures, self._template)
        if 0 < cover.covered.mean() < 1 - LEAST_KEPT:
            bank = bank.without(cover.covered)
            cover = CoverTest(bank.textures, self._template)
        appearance = Appearance(bank)
        return Renderer(self._shapes, self._space, appearance, cover), appearance
