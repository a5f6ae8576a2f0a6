# SPDX-License-Identifier: GPL-3.0-or-later
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import squares, write_pictures
from mien.cli.main import main
from mien.face_tracking.track import read_track
from mien.take import read_take
from rendered_faces import SIDE, beside, face, nobody


def film(path: Path, pictures: list[np.ndarray], **options: object) -> Path:
    return write_pictures(path, pictures, **options)


@pytest.fixture
def talking(tmp_path: Path) -> Path:
    jaws = [0.0, 0.0, 0.1, 0.3, 0.5, 0.3, 0.1, 0.0, 0.0, 0.0]
    return film(tmp_path / "talking.mp4", [face((("jawOpen", jaw),)) for jaw in jaws])


def test_a_film_becomes_a_take(talking: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(talking.parent)
    assert main(["track", "talking.mp4"]) == 0
    take = read_take(talking.with_name("talking.take.safetensors"))
    assert (take.frames, take.fps) == (10, 25)
    assert take.channel("jawOpen").argmax() == 4
    out = capsys.readouterr().out
    assert "talking.take.safetensors: 10 frames at 25 fps; neutral: " in out
    assert "not tracked, and 0 in the take: cheekPuff" in out
    assert "no face" not in out


def test_landmarks_and_the_drawn_film_are_written_where_asked(talking: Path, capsys) -> None:
    out, drawn = talking.with_name("t.take.safetensors"), talking.with_name("drawn.mp4")
    assert main(["track", str(talking), "-o", str(out), "--landmarks", "--draw", str(drawn), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    landmarks = talking.with_name("t.track.safetensors")
    assert report["written"] == [str(out), str(landmarks), str(drawn)]
    assert report["without_face"] == report["cuts"] == []
    assert read_track(landmarks).points.shape == (10, 478, 3)
    with av.open(str(drawn)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 10
    assert np.abs(frames[0].astype(float) - face()).max() > 60


def test_the_sound_goes_with_the_drawn_film(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", [face()] * 10, sound=(Fraction(0), 0.4))
    drawn = tmp_path / "drawn.mp4"
    assert main(["track", str(path), "-o", str(tmp_path), "--draw", str(drawn)]) == 0
    with av.open(str(drawn)) as container:
        assert container.streams.audio


def test_another_rate_is_resampled(talking: Path) -> None:
    out = talking.with_name("t.take.safetensors")
    assert main(["track", str(talking), "-o", str(out), "--fps", "60"]) == 0
    assert (read_take(out).fps, read_take(out).frames) == (60, 24)


def test_gaps_are_said_by_time(tmp_path: Path, capsys) -> None:
    path = film(tmp_path / "a.mp4", [face()] * 5 + [nobody()] * 5 + [face()] * 5)
    assert main(["track", str(path), "-o", str(tmp_path)]) == 0
    assert "no face between 0.20 s and 0.40 s\n" in capsys.readouterr().out


def test_a_face_is_chosen(tmp_path: Path, capsys) -> None:
    small = np.pad(np.asarray(face())[::2, ::2], ((0, SIDE // 2), (0, SIDE // 2), (0, 0)), "edge")
    path = film(tmp_path / "a.mp4", [beside(face(), small)] * 3)
    places = {}
    for name, flags in {"largest": [], "second": ["--face", "2"], "pointed": ["--at", f"{SIDE + 48},48"]}.items():
        out = tmp_path / f"{name}.take.safetensors"
        assert main(["track", str(path), "-o", str(out), "--landmarks", *flags]) == 0
        places[name] = read_track(tmp_path / f"{name}.track.safetensors").points[0, 4, 0]
    assert places["largest"] < SIDE < places["second"]
    assert places["pointed"] == pytest.approx(places["second"], abs=1)


@pytest.mark.parametrize("neutral", ["4", "0.16s"])
def test_a_neutral_is_a_picture_or_a_time(talking: Path, neutral: str) -> None:
    out = talking.with_name("t.take.safetensors")
    assert main(["track", str(talking), "-o", str(out), "--neutral", neutral]) == 0
    assert json.loads(read_take(out).meta["calibration"])["neutral"] == "picture 4"


def test_a_photo_is_a_take_of_one_frame(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(face()).save(tmp_path / "face.png")
    assert main(["track", str(tmp_path / "face.png"), "-o", str(tmp_path)]) == 0
    assert read_take(tmp_path / "face.take.safetensors").frames == 1


@pytest.mark.parametrize(
    ("flags", "status", "sentence"),
    [
        (["--face", "0"], 2, "numbered from 1"),
        (["--face", "2", "--at", "3,4"], 2, "not by both"),
        (["--face", "2"], 3, "At most 1 face was found"),
        (["--at", "here"], 2, "no point"),
        (["--neutral", "soon"], 2, "neither a frame's number"),
        (["--neutral", "99"], 3, "pictures 0 to 9"),
        (["--fps", "29.97"], 2, "30000/1001"),
        (["-o", "gone/t.take.safetensors"], 3, "no such folder"),
        (["-o", "talking.mp4"], 2, "is the film itself"),
        (["--draw", "talking.mp4"], 2, "is the film itself"),
        (["--draw", "drawn.avi"], 2, ".mp4"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(talking: Path, monkeypatch, capsys, flags, status, sentence) -> None:
    monkeypatch.chdir(talking.parent)
    before = talking.read_bytes()
    assert main(["track", "talking.mp4", *flags]) == status
    assert sentence in capsys.readouterr().err
    assert talking.read_bytes() == before


@pytest.mark.parametrize("name", ["squares.mp4", "notes.txt", "gone.mp4"])
def test_films_without_a_face_are_refused_and_nothing_is_written(tmp_path: Path, capsys, name: str) -> None:
    film(tmp_path / "squares.mp4", squares(5))
    (tmp_path / "notes.txt").write_text("no film")
    out = tmp_path / "out.take.safetensors"
    assert main(["track", str(tmp_path / name), "-o", str(out)]) == 3
    assert capsys.readouterr().err.startswith("mien: ")
    assert not out.exists()


def test_lips_meet_where_the_sound_says_so_unless_they_are_left_as_seen(tmp_path: Path, capsys) -> None:
    path = film(tmp_path / "a.mkv", [face()] * 25, sound=(Fraction(0), 1.0))
    assert main(["track", str(path), "-o", str(tmp_path), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["closures"]) == {"in_sound", "seen", "repaired", "repaired_at"}
    assert main(["track", str(path), "-o", str(tmp_path), "--json", "--as-seen"]) == 0
    assert json.loads(capsys.readouterr().out)["closures"] is None


def test_a_part_of_a_film_is_named_by_seconds(talking: Path) -> None:
    out = talking.with_name("t.take.safetensors")
    assert main(["track", str(talking), "-o", str(out), "--begin", "0.12", "--end", "0.32"]) == 0
    take = read_take(out)
    assert (take.frames, take.start, take.channel("jawOpen").argmax()) == (5, pytest.approx(0.12), 1)
