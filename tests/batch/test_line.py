# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row asks for: names, wildcards, seeds, direction and films; what it cannot ask for is said."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from mien.batch.line import Defaults, Line, lines_of
from mien.direction import Direction
from mien.errors import MienError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav", "s/c.wav", "odd[1].wav", "film.mp4", "photo.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def lines(folder: Path, defaults: Defaults | None = None, **values: object) -> list[Line]:
    return list(lines_of(3, values, folder, defaults or Defaults()))


def line(folder: Path, **values: object) -> Line:
    (only,) = lines(folder, **values)
    return only


def test_a_plain_row(folder: Path) -> None:
    made = line(folder, voice="a.wav")
    assert (made.row, made.id, made.make, made.file_name) == (3, "a", "take", "a.take.safetensors")
    assert (made.engine, made.fps, made.head, made.voice) == ("probtalk3d", 25, "mien", folder / "a.wav")


def test_every_column_of_a_take(folder: Path) -> None:
    (folder / "words.txt").write_text("Hello.")
    (folder / "direction.json").write_text('{"jaw": 0.5, "style": "clear"}')
    made = line(
        folder, voice="s/c.wav", id="scene 1/c", engine="articulation", fps="30000/1001", head="flame", track="2",
        direction="direction.json", emotion="happy=0.7,angry=0.2", intensity="low", seed="7", temperature="0.5",
        transcript="words.txt",
    )  # fmt: skip
    expected = Direction.from_json(
        {"jaw": 0.5, "style": "clear", "emotion": {"happy": 0.7, "angry": 0.2}, "intensity": "low", "seed": 7,
         "temperature": 0.5, "transcript": "Hello."}
    )  # fmt: skip
    assert made.direction == expected and made.fps == Fraction(30000, 1001)
    assert (made.file_name, made.head, made.track) == ("scene 1/c.take.safetensors", "flame", 2)


def test_values_of_json(folder: Path) -> None:
    emotion = {"happy": [[0, 0], [1, 1]]}
    made = line(folder, voice="a.wav", emotion=emotion, intensity=0.5, seed=3, fps=30, direction={"head": 0.2})
    assert made.direction == Direction.from_json({"emotion": emotion, "intensity": 0.5, "seed": 3, "head": 0.2})
    assert made.fps == 30 and line(folder, voice="a.wav", fps="engine").fps is None


def test_defaults_are_those_of_rows_that_say_nothing(folder: Path) -> None:
    start = Direction.from_json({"emotion": "sad", "seed": 5, "intensity": 0.3})
    made = lines(folder, Defaults("toy", start, None, "mien"), voice="a.wav", emotion="happy")[0]
    assert made.direction == replace(start, emotion=Direction.from_json({"emotion": "happy"}).emotion)
    assert (made.engine, made.fps) == ("toy", None)


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({"voice": "?.wav"}, ["a", "b"]),
        ({"voice": "**/*.wav", "id": "{stem}"}, None),
        ({"voice": "?.wav", "id": "x"}, ["x.a", "x.b"]),
        ({"voice": "?.wav", "id": "t/{stem}"}, ["t/a", "t/b"]),
        ({"voice": "a.wav", "seed": "0-2"}, ["a.seed-0", "a.seed-1", "a.seed-2"]),
        ({"voice": "[ab].wav", "seed": "4-5", "id": "{seed}-{stem}"}, ["4-a", "5-a", "4-b", "5-b"]),
        ({"voice": "odd[1].wav", "id": "odd"}, ["odd"]),
        ({"voice": "odd[[]1].wav", "id": "odd"}, ["odd"]),
    ],
)
def test_wildcards_and_seeds_make_several(folder: Path, values: dict, ids: list[str] | None) -> None:
    if ids is None:  # one of them has no name of a file
        with pytest.raises(MienError, match=r"the id 'odd\[1\]'"):
            lines(folder, **values)
    else:
        made = lines(folder, **values)
        assert [each.id for each in made] == ids
        seeds = [int(each.id.partition("seed-")[2]) for each in made if "seed-" in each.id]
        assert [each.direction.seed for each in made if "seed-" in each.id] == seeds


def test_a_dub_and_a_portrait(folder: Path) -> None:
    (folder / "options.json").write_text(json.dumps({"strength": 0.5, "direction": {"emotion": "sad"}}))
    dub = line(folder, voice="a.wav", video="film.mp4", options="options.json", seed="2", consent="Ann, 1 May")
    assert (dub.make, dub.shown, dub.suffix, dub.consent) == ("dub", folder / "film.mp4", ".mp4", "Ann, 1 May")
    assert dub.options is not None and getattr(dub.options, "strength", None) == 0.5
    assert dub.options.direction == dub.direction == Direction.from_user({"emotion": "sad", "seed": 2})
    portrait = line(folder, voice="a.wav", photo="photo.png", emotion="happy")
    assert (portrait.make, portrait.engine) == ("portrait", "emodiffhead")
    assert portrait.options is not None and portrait.options.direction.emotion["happy"].constant == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "no voice"),
        ({"voice": "z.wav"}, "no sound 'z.wav'"),
        ({"voice": "z*.wav"}, "no sound is found by"),
        ({"voice": "a.wav", "id": "../a"}, "no name of a file on every system"),
        ({"voice": "a.wav", "id": "/a"}, "no name of a file"),
        ({"voice": "a.wav", "id": ".a"}, "no name of a file"),
        ({"voice": "a.wav", "id": "NUL.a"}, "no name of a file"),
        ({"voice": "a.wav", "id": "a" * 181}, "no name of a file"),
        ({"voice": "a.wav", "emotion": "hapy"}, "did you mean 'happy'"),
        ({"voice": "a.wav", "seed": "-1"}, "the seed is '-1'"),
        ({"voice": "a.wav", "seed": "3-1"}, "the seed is '3-1'"),
        ({"voice": "a.wav", "seed": "0-9999999"}, "the seed is"),
        ({"voice": "a.wav", "head": "flam"}, "did you mean 'flame'"),
        ({"voice": "a.wav", "engine": "artikulation"}, "did you mean 'articulation'"),
        ({"voice": "a.wav", "fps": "fast"}, "fast"),
        ({"voice": "a.wav", "track": "0"}, "the first is 1"),
        ({"voice": "a.wav", "temperature": "warm"}, "expected a number"),
        ({"voice": "a.wav", "text": "a", "transcript": "b"}, "keep one of them"),
        ({"voice": "a.wav", "transcript": "none.txt"}, "no transcript 'none.txt'"),
        ({"voice": "a.wav", "consent": "Ann"}, "consent is of films"),
        ({"voice": "a.wav", "video": "film.mp4", "photo": "photo.png"}, "name one of them"),
        ({"voice": "a.wav", "video": "none.mp4"}, "no video 'none.mp4'"),
        ({"voice": "a.wav", "video": "film.mp4", "fps": "25"}, "fps is of takes"),
        ({"voice": ["a.wav"]}, "expected text"),
        ({"voice": "a.wav", "engine": "toy", "persona": "anna"}, "toy does not follow 'persona'"),
    ],
)
def test_what_cannot_be_followed(folder: Path, values: dict, words: str) -> None:
    with pytest.raises(MienError, match=words):
        lines(folder, **values)
