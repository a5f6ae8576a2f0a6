# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks as CSV and JSON: what the numbers are, and that they are those of the track."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from checkout import SAMPLES
from mien.export.landmarks.frame import EYES, HEAD, frame_of
from mien.export.landmarks.table import csv_text, json_text
from mien.heads.landmark_track import LINES, LandmarkTrack, landmarks_of
from mien.take import read_take


@pytest.fixture(scope="module")
def track() -> LandmarkTrack:
    return landmarks_of(read_take(SAMPLES / "default_style.take.safetensors"))


def test_csv_has_a_row_for_each_frame(track) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(track, frame_of(track, EYES)))))
    assert len(rows) == track.frames
    assert float(rows[10]["seconds"]) == pytest.approx(0.4) and rows[10]["frame"] == "10"
    assert float(rows[10]["head_yaw"]) == pytest.approx(track.head[10, 1], abs=1e-5)
    points = frame_of(track, EYES).points(track)
    assert [float(rows[10]["x48"]), float(rows[10]["y48"])] == pytest.approx(points[10, 48].tolist(), abs=1e-5)
    assert "z0" not in rows[0]


def test_three_dimensions_have_a_z(track) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(track, frame_of(track, HEAD), still=True))))
    assert float(rows[3]["z30"]) == pytest.approx(track.points[3, 30, 2], abs=1e-3)


def test_json_says_what_its_numbers_are(track) -> None:
    content = json.loads(json_text(replace(track, info={"engine": "rules"}), frame_of(track)))
    assert content["order"] == "iBUG-68" and content["fps"] == "25" and content["info"] == {"engine": "rules"}
    assert content["space"] == {"name": "eyes", "unit": "eye distance", "axes": "xy", "head_moves": True}
    assert content["lines"]["inner_lips"] == {"points": list(range(60, 68)), "closed": True}
    assert np.array(content["rest"]).shape == (68, 2)
    assert np.array([frame["points"] for frame in content["frames"]]).shape == (track.frames, 68, 2)


def test_a_track_without_gaze_looks_ahead(track) -> None:
    frame = json.loads(json_text(replace(track, gaze=None), frame_of(track)))["frames"][0]
    assert frame["gaze_pitch"] == frame["gaze_yaw"] == 0


def test_every_landmark_is_in_one_line() -> None:
    assert [point for points, _ in LINES.values() for point in points] == list(range(68))
