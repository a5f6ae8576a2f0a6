# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien landmarks`: from each source to each file, and what is refused before the work."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import av
import numpy as np
import pytest
from checkout import SAMPLES
from mien.cli import main
from mien.export.landmarks.frame import frame_of
from mien.face_tracking.track import write_track
from mien.face_tracking.tracker import track_face
from mien.heads.landmark_track import landmarks_of, read_landmarks
from mien.take import read_take
from mien.video.provenance_reading import read_provenance
from PIL import Image
from rendered_faces import SIDE, face, footage
from sounds import voice, written

TAKE = SAMPLES / "default_style.take.safetensors"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def sound() -> str:
    Path("voice.wav").write_bytes(written(voice(1.5)))
    return "voice.wav"


@pytest.fixture
def photo() -> str:
    Image.fromarray(face()).save("face.png")
    return "face.png"


def run(capsys, *arguments: str) -> dict:
    assert main.main(("landmarks", *arguments, "--json")) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments: str) -> str:
    assert main.main(("landmarks", *arguments)) != 0
    return capsys.readouterr().err


def test_a_take_s_landmarks_get_its_name(capsys) -> None:
    entry = run(capsys, str(TAKE))
    assert entry["written"] == ["default_style.landmarks.safetensors"]
    assert (entry["frames"], entry["fps"], entry["warnings"]) == (75, "25", [])
    expected = landmarks_of(read_take(TAKE))
    np.testing.assert_array_equal(read_landmarks("default_style.landmarks.safetensors").points, expected.points)


def test_a_sound_with_an_engine_and_an_identity(capsys, sound) -> None:
    run(
        capsys, sound, "--engine", "articulation", "--seed", "4", "--identity", "man_b", "-o", "x.landmarks.safetensors"
    )
    track = read_landmarks("x.landmarks.safetensors")
    assert (track.info["engine"], track.info["seed"], track.info["identity"]) == ("articulation", "4", "man_b")
    assert np.linalg.norm(track.points - track.rest, axis=-1).max() > 3


def test_a_photo_s_landmarks_are_in_its_pixels(capsys, photo) -> None:
    run(capsys, str(TAKE), "--photo", photo, "-o", "x.landmarks.safetensors", "-o", "x.csv")
    track = read_landmarks("x.landmarks.safetensors")
    with Path("x.csv").open() as file:
        rows = list(csv.DictReader(file))
    points = np.array([[[float(row[f"{axis}{i}"]) for axis in "xy"] for i in range(68)] for row in rows])
    np.testing.assert_allclose(points, frame_of(track, "photo").points(track), atol=0.006)
    assert points.min() > 0 and points.max() < SIDE


def test_every_file_at_once(capsys, sound, photo) -> None:
    outputs = ["x.landmarks.safetensors", "x.take.safetensors", "x.csv", "x.json", "x.mp4"]
    flags = [part for name in outputs for part in ("-o", name)]
    entry = run(capsys, sound, "--engine", "articulation", "--photo", photo, *flags, "--svg", "drawings")
    assert entry["written"] == [*outputs, "drawings"]
    assert len(list(Path("drawings").iterdir())) == entry["frames"]
    assert read_take("x.take.safetensors").frames == entry["frames"]
    assert len(json.loads(Path("x.json").read_text())["frames"]) == entry["frames"]
    with av.open("x.mp4") as film:
        assert len(film.streams.audio) == 1 and film.streams.video[0].frames == entry["frames"]
    said = read_provenance(Path("x.mp4"))
    assert said.tag is not None and said.tag.kind == "landmarks"


def test_landmarks_are_converted(capsys) -> None:
    run(capsys, str(TAKE), "-o", "x.landmarks.safetensors")
    run(capsys, "x.landmarks.safetensors", "--frame", "head", "--still", "-o", "x.json")
    content = json.loads(Path("x.json").read_text())
    assert content["space"] == {"name": "head", "unit": "mm", "axes": "xyz", "head_moves": False}
    track = read_landmarks("x.landmarks.safetensors")
    np.testing.assert_allclose(content["frames"][7]["points"], track.points[7], atol=0.001)


def test_a_tracked_face(capsys) -> None:
    write_track(track_face(footage([face((("jawOpen", w),)) for w in (0, 0, 0, 0.3, 0.6)])), "x.track.safetensors")
    assert run(capsys, "x.track.safetensors")["written"] == ["x.landmarks.safetensors"]
    assert read_landmarks("x.landmarks.safetensors").lip_gap[-1, 1] > 0.05


def test_what_is_wrong_is_said(capsys, sound, photo) -> None:
    assert "no photo" in refused(capsys, str(TAKE), "--frame", "photo", "-o", "x.csv")
    assert "two dimensions" in refused(capsys, str(TAKE), "--frame", "head", "-o", "x.mp4")
    assert "two faces" in refused(capsys, str(TAKE), "--photo", photo, "--identity", "man_b")
    assert "no moving pictures" in refused(capsys, str(TAKE), "--photo", sound)
    assert "no identity 'nobody'" in refused(capsys, str(TAKE), "--identity", "nobody")
    assert ".txt" in refused(capsys, str(TAKE), "-o", "x.txt")
    Path("full").mkdir()
    Path("full", "x").touch()
    assert "not empty" in refused(capsys, str(TAKE), "--svg", "full")


def test_nothing_is_overwritten_unasked(capsys) -> None:
    run(capsys, str(TAKE))
    assert "is there already" in refused(capsys, str(TAKE))


def test_a_file_of_another_kind(capsys) -> None:
    head = SAMPLES.parent.parent / "meshes" / "mien.safetensors"
    assert "'mien.head'" in refused(capsys, str(head))
