# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings in SVG: a file a frame, in a folder that was new or empty."""

from xml.etree import ElementTree

import numpy as np
import pytest
from checkout import SAMPLES
from mien.export.landmarks.canvas import canvas_of
from mien.export.landmarks.svg import check_folder, svg_text, write_svgs
from mien.heads.landmark_track import LINES, LandmarkTrack, landmarks_of
from mien.take import read_take

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def track() -> LandmarkTrack:
    return landmarks_of(read_take(SAMPLES / "default_style.take.safetensors"))


def test_a_drawing_has_a_path_for_each_line_and_a_circle_for_each_point(track) -> None:
    canvas = canvas_of(track)
    points = canvas.points(track)[5]
    root = ElementTree.fromstring(svg_text(points, canvas))
    paths = {path.get("id"): path.get("d") for path in root.iter(f"{SVG}path")}
    assert list(paths) == list(LINES)
    assert paths["outer_lips"].endswith("Z") and not paths["contour"].endswith("Z")
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle")]
    np.testing.assert_allclose(circles, points, atol=0.006)
    left, top, width, height = map(float, root.get("viewBox").split())
    assert all(left < x < left + width and top < y < top + height for x, y in circles)


def test_the_folder_has_every_frame_and_nothing_else(track, tmp_path) -> None:
    folder = tmp_path / "drawings"
    folder.mkdir()
    names = write_svgs(track, canvas_of(track), folder)
    assert sorted(path.name for path in folder.iterdir()) == names and len(names) == track.frames
    assert [path.name for path in tmp_path.iterdir()] == ["drawings"]
    assert (folder / names[0]).stat().st_mode & 0o200


def test_a_folder_with_something_in_it_is_left_alone(track, tmp_path) -> None:
    (tmp_path / "kept.txt").touch()
    with pytest.raises(OSError, match="not empty"):
        write_svgs(track, canvas_of(track), tmp_path)
    with pytest.raises(NotADirectoryError):
        check_folder(tmp_path / "kept.txt")
    with pytest.raises(FileNotFoundError):
        check_folder(tmp_path / "nowhere" / "drawings")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
