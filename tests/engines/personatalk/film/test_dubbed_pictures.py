# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
from mien.engines.personatalk.film.dubbed_pictures import DubbedPictures
from mien.engines.personatalk.film.kept_pictures import COVERED, NO_FACE

FILM = [np.full((4, 4, 3), 10 * i, np.uint8) for i in range(6)]


class Renderers:
    """Of a shot a renderer that makes its pictures light; says which are covered, and which shots were asked for."""

    def __init__(self, *covered: int) -> None:
        self.shots: list[int] = []
        self.drawn: list[int] = []
        self._covered = covered
        self.doubtful: tuple[int, ...] = ()

    def __call__(self, shot: int, sources: np.ndarray, mouth: np.ndarray) -> SimpleNamespace:
        self.shots.append(shot)
        return SimpleNamespace(renderer=self, path=[{0: 1.0}], place=np.zeros(len(sources), int))

    def flat(self, pixels: np.ndarray, frame: int) -> int:
        return frame

    def unlike(self, own: int) -> float:
        return 1.1 if own in self._covered else 0.8 if own in self.doubtful else 0.1

    def render(
        self, pixels: np.ndarray, frame: int, shape: np.ndarray, references: dict[int, float], own: int
    ) -> np.ndarray:
        assert own == frame
        self.drawn.append(frame)
        return pixels + 200


def drawn(
    renderers: Renderers, sources: list[int], kept: list[str | None], wanted: np.ndarray | None = None, rate: int = 10
):
    decoded: list[int] = []

    def pictures():
        for number, pixels in enumerate(FILM):
            decoded.append(number)
            yield SimpleNamespace(pixels=pixels)

    shapes = SimpleNamespace(shapes=np.zeros((6, 468, 3)))
    space = SimpleNamespace(moved=lambda shape, change: shape)
    mouth = np.zeros((len(sources), 12))
    made = DubbedPictures(
        SimpleNamespace(pictures=pictures, rate=Fraction(rate)), shapes, space, renderers,
        np.array([0, 0, 0, 1, 1, 1]), np.array(sources), np.zeros((6, 12)), mouth, labelled=False,
    )  # fmt: skip
    wanted = np.ones(len(sources), bool) if wanted is None else wanted
    steps: list[int] = []
    found = {number: int(pixels[0, 0, 0]) for number, pixels in made(kept, wanted, steps.append)}
    assert steps == list(range(len(sources)))
    return found, decoded


def test_pictures_are_drawn_shot_by_shot_but_those_that_are_kept() -> None:
    renderers, kept = Renderers(), [None, NO_FACE, None, None, None, None]
    found, _ = drawn(renderers, list(range(6)), kept)
    assert found == {0: 200, 1: 10, 2: 220, 3: 230, 4: 240, 5: 250}
    assert renderers.shots == [0, 1] and kept == [None, NO_FACE, None, None, None, None]


def test_what_is_beside_a_covered_picture_of_its_shot_stays_too() -> None:
    kept: list[str | None] = [None] * 6
    found, _ = drawn(Renderers(4), list(range(6)), kept)
    assert kept == [None, None, None, COVERED, COVERED, COVERED]
    assert found == {0: 200, 1: 210, 2: 220, 3: 30, 4: 40, 5: 50}


def test_a_mouth_is_not_drawn_for_a_moment_between_what_covers_it() -> None:
    kept: list[str | None] = [NO_FACE, None, None, None, None, None]
    drawn(Renderers(2), list(range(6)), kept, rate=10)
    assert kept == [NO_FACE, COVERED, COVERED, None, None, None]


def test_what_may_begin_to_cover_a_mouth_goes_with_what_does() -> None:
    kept: list[str | None] = [None] * 6
    renderers = Renderers(5)
    renderers.doubtful = (1, 3, 4)
    drawn(renderers, list(range(6)), kept)
    assert kept == [None, None, None, COVERED, COVERED, COVERED]


def test_a_part_is_drawn_as_the_whole_film_is() -> None:
    whole: list[str | None] = [None] * 6
    drawn(Renderers(4), list(range(6)), whole)
    for part in (np.arange(6) >= 3, np.arange(6) >= 5, np.arange(6) < 4):
        kept: list[str | None] = [None if wanted else why for wanted, why in zip(part, whole, strict=True)]
        drawn(Renderers(4), list(range(6)), kept, part)
        assert kept == whole


def test_what_is_not_wanted_is_not_drawn_nor_are_its_references_read() -> None:
    renderers = Renderers()
    found, _ = drawn(renderers, list(range(6)), [None] * 6, np.arange(6) >= 4)
    assert found == {4: 240, 5: 250} and renderers.drawn == [4, 5] and renderers.shots == [1]


def test_pictures_shown_again_are_held() -> None:
    found, decoded = drawn(Renderers(), [*range(6), 4, 3, 4, 5], [None] * 10)
    assert [found[n] for n in range(6, 10)] == [240, 230, 240, 250] and decoded == list(range(6))


def test_a_preview_decodes_no_more_than_it_shows() -> None:
    found, decoded = drawn(Renderers(), [0, 1], [None] * 2)
    assert found == {0: 200, 1: 210} and decoded == [0, 1, 2]
