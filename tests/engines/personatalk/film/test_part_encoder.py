# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import squares, write_pictures
from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.colours import Colours
from mien.engines.personatalk.film.film_plan import FilmPlan
from mien.engines.personatalk.film.part_encoder import PartEncoder
from mien.video.reader import open_footage

RED = [np.full((48, 64, 3), (200, 40, 40), np.uint8)] * 5


def encoder(source: Path, codec: str = "h264", hasty: bool = False) -> PartEncoder:
    times = [Fraction(i, 25) for i in range(30)]
    plan = FilmPlan(times, Fraction(25), True, source, Fraction(0), source, {})
    return PartEncoder(plan, codec, Colours.of(source), hasty)


@pytest.mark.parametrize("matrix", [1, 6])
def test_colours_are_tagged_and_meant_as_in_the_source(tmp_path: Path, matrix: int) -> None:
    tags = {"color_primaries": matrix, "color_trc": matrix, "colorspace": matrix, "color_range": 1}
    source = write_pictures(tmp_path / "source.mp4", squares(5), colours=tags)
    encoder(source)(tmp_path / "part.mkv", range(5), RED)
    assert Colours.of(tmp_path / "part.mkv") == Colours.of(source) == Colours(matrix, matrix, matrix, 1)
    seen = next(open_footage(tmp_path / "part.mkv").pictures()).pixels
    assert np.abs(seen.astype(int) - RED[0]).mean() < 4


@pytest.mark.parametrize("codec", ["h264", "lossless"])
def test_equal_parts_have_equal_bytes(tmp_path: Path, codec: str) -> None:
    source = write_pictures(tmp_path / "source.mp4", squares(30))
    for name in "ab":
        encoder(source, codec)(tmp_path / name, range(10, 30), squares(20))
    with av.open(str(tmp_path / "a")) as one, av.open(str(tmp_path / "b")) as other:
        assert [bytes(p) for p in one.demux()] == [bytes(p) for p in other.demux()]


def test_in_haste_the_same_is_seen(tmp_path: Path) -> None:
    source, pictures = write_pictures(tmp_path / "source.mp4", squares(30)), squares(20)
    encoder(source)(tmp_path / "careful.mkv", range(20), pictures)
    encoder(source, hasty=True)(tmp_path / "hasty.mkv", range(20), pictures)
    shown = [p.pixels.astype(int) for p in open_footage(tmp_path / "hasty.mkv").pictures()]
    assert len(shown) == 20 and max(np.abs(a - b).mean() for a, b in zip(shown, pictures, strict=True)) < 4
    assert (tmp_path / "careful.mkv").read_bytes() != (tmp_path / "hasty.mkv").read_bytes()


def test_a_film_that_became_shorter_is_refused(tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "source.mp4", squares(30))
    with pytest.raises(DubError, match="fewer pictures"):
        encoder(source)(tmp_path / "part.mkv", range(10), RED)
    with pytest.raises(DubError, match="fewer pictures"):
        encoder(source)(tmp_path / "part.mkv", range(10), [])
