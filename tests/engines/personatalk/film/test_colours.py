# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from films import squares, write_pictures
from mien.engines.personatalk.film.colours import BT709, MPEG, Colours


@pytest.mark.parametrize("matrix", [1, 6])
def test_tags_are_read_as_they_are(tmp_path: Path, matrix: int) -> None:
    tags = {"color_primaries": matrix, "color_trc": matrix, "colorspace": matrix, "color_range": 1}
    assert Colours.of(write_pictures(tmp_path / "a.mp4", squares(3), colours=tags)) == Colours(
        matrix, matrix, matrix, 1
    )


def test_what_the_reader_maps_is_written_as_bt709(tmp_path: Path) -> None:
    tags = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    path = write_pictures(tmp_path / "hdr.mp4", squares(3), colours=tags)
    assert Colours.of(path) == Colours(BT709, BT709, BT709, MPEG)
