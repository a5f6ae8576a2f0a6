# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien dub`: flags become options, broken inputs get one sentence, and a film is made."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from mien.cli import main
from mien.direction import Direction
from mien.dub import DubReport
from mien.engines.personatalk.options import DubOptions
from mien.video.writer import write_film
from rendered_faces import face
from sounds import voice, written

CONSENT = ("--consent", "drawn, nobody living")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    write_film(Path("film.mp4"), [face((("jawOpen", i % 5 / 8),)) for i in range(30)], Fraction(25), voice(1.2), 16000)
    Path("voice.wav").write_bytes(written(voice(1.0)))
    return tmp_path


@pytest.fixture
def dubs(monkeypatch) -> list[DubOptions]:
    """The options of each dub, none of which is made."""
    found: list[DubOptions] = []

    def dub(video, voice, output, options, progress) -> DubReport:
        found.append(options)
        return DubReport(str(output), 30, 25, ((0.0, 0.2, "no face is seen"),), 0.1, ("A note.",), {"tracking": 1.0})

    monkeypatch.setattr("mien.dub.dub", dub)
    return found


def test_flags_become_options(dubs: list[DubOptions], capsys) -> None:
    flags = [
        "--strength", "0.8", "--opening", "1.2", "--mouth-of", "neutral", "--keep-pauses", "--references", "0-1.5",
        "--begin", "0.2", "--end", "1", "--when-longer", "hold", "--codec", "lossless", "--preview", "0.5",
        "--at", "90,80.5", "--label", "--engine", "articulation", "--emotion", "happy=0.5", "--seed", "4",
    ]  # fmt: skip
    assert main.main(["dub", "film.mp4", "voice.wav", "-o", "out.mkv", *CONSENT, *flags]) == 0
    (options,) = dubs
    assert (options.strength, options.opening, options.manner, options.keep_pauses) == (0.8, 1.2, "neutral", True)
    assert options.references == (0, Fraction(3, 2)) and (options.begin, options.end) == (Fraction(1, 5), 1)
    assert (options.when_longer, options.codec, options.preview) == ("hold", "lossless", Fraction(1, 2))
    assert options.face.at == (90, 80.5) and options.label and options.engine == "articulation"
    assert options.direction.seed == 4 and options.direction.emotion["happy"].constant == 0.5
    text = capsys.readouterr().out
    assert "25 of 30 frames" in text and "0.00 s to 0.20 s as it was: no face is seen" in text and "A note." in text


FROM_FILE = DubOptions(
    strength=0.5, codec="lossless", label=True, engine="articulation", direction=Direction(seed=7, temperature=0.5)
)


def test_an_options_file_is_changed_by_flags(dubs: list[DubOptions]) -> None:
    Path("options.json").write_text(FROM_FILE.to_json())
    command = [
        "dub",
        "film.mp4",
        "voice.wav",
        "-o",
        "out.mp4",
        "--options",
        "options.json",
        "--codec",
        "h264",
        *CONSENT,
    ]
    assert main.main(command) == 0
    assert dubs == [replace(FROM_FILE, codec="h264")]


def test_a_persona_brings_its_own_manner(dubs: list[DubOptions], monkeypatch) -> None:
    monkeypatch.setattr("mien.cli.flags._persona_name", lambda text: text)
    assert main.main(["dub", "film.mp4", "voice.wav", "-o", "out.mp4", "--persona", "anna", *CONSENT]) == 0
    assert (dubs[0].manner, dubs[0].direction.persona) == ("neutral", "anna")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["no.mp4", "voice.wav", "-o", "out.mp4"], 3, "no.mp4"),
        (["film.mp4", "no.wav", "-o", "out.mp4"], 3, "no.wav"),
        (["film.mp4", "voice.wav", "-o", "film.mp4"], 2, "the film itself"),
        (["film.mp4", "voice.wav", "-o", "voice.wav"], 2, "sound itself"),
        (["film.mp4", "voice.wav", "-o", "out.avi"], 2, ".mp4"),
        (["film.mp4", "voice.wav", "-o", "no/out.mp4"], 3, "folder"),
        (["film.mp4", "voice.wav", "-o", "-"], 2, "standard output"),
        (["film.mp4", "voice.wav"], 2, "-o"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--strength", "3"], 2, "strength is 3"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--opening", "-1"], 2, "opening is -1"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--begin", "x"], 2, "seconds"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--begin", "50"], 3, "no picture"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--begin", "1", "--end", "0.5"], 2, "later end"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--references", "1"], 2, "span"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--references", "2-1"], 2, "later end"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--references", "40-50"], 3, "0 pictures"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--codec", "av1"], 2, "codec"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--codec", "lossless"], 3, ".mkv"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--when-longer", "wait"], 2, "when-longer"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--preview", "0.01"], 2, "at least"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--face-number", "0"], 2, "numbered from 1"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--face-number", "3"], 3, "face 3"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--at", "9"], 2, "point"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--engine", "magic"], 2, "engine"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--emotion", "hungry"], 2, "emotion"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--persona", "nobody.persona"], 4, "no persona"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--options", "voice.wav"], 2, "not JSON"),
        (["film.mp4", "voice.wav", "-o", "out.mp4", "--consent", "x"], 2, "consent"),
        (["voice.wav", "voice.wav", "-o", "out.mp4"], 3, "no moving pictures"),
        (["film.mp4", "text.txt", "-o", "out.mp4"], 3, "text.txt"),
        (["text.txt", "voice.wav", "-o", "out.mp4"], 3, "text.txt"),
        (["film.mp4", "empty.wav", "-o", "out.mp4"], 3, "empty.wav"),
    ],
)
def test_what_is_wrong_gets_a_sentence(arguments: list[str], status: int, sentence: str, capsys) -> None:
    Path("text.txt").write_text("neither film nor sound")
    Path("empty.wav").write_bytes(b"")
    consent = [] if "--consent" in arguments else [*CONSENT]
    assert main.main(["dub", *arguments, *consent]) == status
    said = capsys.readouterr().err
    assert said.startswith("mien: ") and sentence in said and "Traceback" not in said
    assert not Path("out.mp4").exists()


def test_a_film_is_made_and_reported_as_json(capsys) -> None:
    command = ["dub", "film.mp4", "voice.wav", "-o", "out.mp4", "--engine", "articulation", "--json", *CONSENT]
    assert main.main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["frames"] == 30 and report["dubbed"] == 30 and Path("out.mp4").stat().st_size > 1000
