# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction

import pytest
from mien.engines.base import no_progress
from mien.engines.personatalk.film import preview
from mien.engines.personatalk.film.preview import tracked_preview
from mien.engines.personatalk.options import DubOptions
from mien.video.footage import Footage, Picture
from rendered_faces import face, nobody

RATE = Fraction(25)
OPTIONS = DubOptions(preview=Fraction(1, 2))


@pytest.fixture(autouse=True)
def shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "LOOKED_AT", Fraction(1))
    monkeypatch.setattr(preview, "ENOUGH", Fraction(1, 2))


def footage(faces: int, others: int = 0) -> tuple[Footage, list[int]]:
    """Of faces and then of nobody; and the pictures that were decoded."""
    decoded: list[int] = []
    drawn = [face()] * faces + [nobody()] * others

    def pictures():
        for number, pixels in enumerate(drawn):
            decoded.append(number)
            yield Picture(number / RATE, pixels)

    height, width = drawn[0].shape[:2]
    made = Footage("f", width, height, RATE, len(drawn) / RATE, False, Fraction(0), False, (), pictures)
    return made, decoded


def test_no_more_than_its_seconds_are_looked_at() -> None:
    film, decoded = footage(60)
    found = tracked_preview(film, OPTIONS, no_progress)
    assert found is not None
    part, track = found
    assert track.frames == 25 and max(decoded) <= 25 and part.length == 1


def test_a_longer_preview_looks_at_all_of_itself() -> None:
    found = tracked_preview(footage(60)[0], replace(OPTIONS, preview=Fraction(2)), no_progress)
    assert found is not None and found[1].frames == 50


@pytest.mark.parametrize(
    ("film", "options"),
    [
        (footage(60)[0], DubOptions()),
        (footage(60)[0], replace(OPTIONS, references=(0, 2))),
        (footage(20)[0], OPTIONS),
    ],
)
def test_all_is_looked_at_where_it_has_to_be(film: Footage, options: DubOptions) -> None:
    assert tracked_preview(film, options, no_progress) is None


def test_a_beginning_that_hardly_shows_the_face_is_not_enough() -> None:
    assert tracked_preview(footage(5, 50)[0], OPTIONS, no_progress) is None
    film, _ = footage(0, 60)
    assert tracked_preview(film, OPTIONS, no_progress) is None
