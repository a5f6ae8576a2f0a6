# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings in SVG: a file a frame, in a folder that was new or empty."""

import errno
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from checkout import ROOT, SAMPLES
from mien.export.landmarks.canvas import Canvas, canvas_of
from mien.export.landmarks.svg import check_folder, svg_text, write_svgs
from mien.heads.landmark_track import LINES, LandmarkTrack, default_rest, landmarks_of
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


def numbered_svg(points: np.ndarray, canvas: Canvas) -> str:
    """A drawing of points (68, 2) with the number of each beside it: the picture of docs/landmarks.md."""
    size = 4 * canvas.line_width
    labels = [f'<text x="{x + size / 2:.2f}" y="{y - size / 3:.2f}">{i}</text>' for i, (x, y) in enumerate(points)]
    numbers = [f'<g id="numbers" font-family="sans-serif" font-size="{size:g}" fill="#303060">', *labels, "</g>"]
    drawing = svg_text(points, canvas).removesuffix("</svg>\n")
    left, top, width, height = canvas.window
    ground = f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" fill="#ffffff"/>'
    drawing = drawing.replace('<g id="lines"', f'{ground}\n<g id="lines"', 1)
    return "\n".join([drawing.rstrip(), *numbers, "</svg>"]) + "\n"


def test_the_picture_of_the_docs_has_the_numbers_of_the_points() -> None:
    rest = LandmarkTrack(default_rest()[None], np.zeros((1, 3), np.float32), None, Fraction(25))
    canvas = canvas_of(rest)
    text = numbered_svg(canvas.points(rest)[0], canvas)
    root = ElementTree.fromstring(text)
    assert [int(number.text) for number in root.iter(f"{SVG}text")] == list(range(68))
    kept = ElementTree.fromstring((ROOT / "docs" / "landmarks.svg").read_text("utf-8"))
    for one, other in zip(root.iter(f"{SVG}circle"), kept.iter(f"{SVG}circle"), strict=True):
        assert float(one.get("cx")) == pytest.approx(float(other.get("cx")), abs=0.02)
        assert float(one.get("cy")) == pytest.approx(float(other.get("cy")), abs=0.02)


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


def test_a_full_disk_is_said_of_the_folder_and_leaves_nothing(track, tmp_path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left") as raised:
        write_svgs(track, canvas_of(track), tmp_path / "drawings")
    assert raised.value.filename == str(tmp_path / "drawings") and not list(tmp_path.iterdir())
