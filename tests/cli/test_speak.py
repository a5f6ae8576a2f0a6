# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien speak`: what is said of the sound and its transcript, with exit status 0."""

import json
from pathlib import Path

import numpy as np
import pytest
from mien.cli import main
from mien.take import read_take
from sounds import encoded, noise, silence, tone, voice, written

VOICE = voice(3.0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spoken(capsys, sound: bytes, *flags: str, name: str = "sound.wav") -> dict:
    """The one entry of --json."""
    Path(name).write_bytes(sound)
    assert main.main(("speak", name, "--engine", "articulation", "--json", "-o", "out.take.safetensors", *flags)) == 0
    (entry,) = json.loads(capsys.readouterr().out)["made"]
    return entry


def mouth() -> np.ndarray:
    return read_take("out.take.safetensors").channel("jawOpen")


@pytest.mark.parametrize(
    ("samples", "words"),
    [(silence(), "silence"), (noise(), "like noise"), (tone(), "like music or a tone")],
    ids=["silence", "noise", "tone"],
)
def test_nothing_heard_is_said(capsys, samples: np.ndarray, words: str) -> None:
    entry = spoken(capsys, written(samples))
    (sentence,) = entry["warnings"]
    assert sentence.startswith("Nothing was heard as speech") and words in sentence
    assert entry["sound"]["speech_seconds"] == 0
    assert json.loads(read_take(entry["take"]).meta["warnings"]) == entry["warnings"]


def test_a_voice_is_said_nothing_of(capsys) -> None:
    entry = spoken(capsys, written(VOICE))
    assert entry["warnings"] == [] and entry["sound"]["speech_seconds"] > 2
    assert "warnings" not in read_take(entry["take"]).meta


def test_people_read_it_on_standard_error(capsys) -> None:
    Path("noise.wav").write_bytes(written(noise()))
    assert main.main(("speak", "noise.wav", "--engine", "articulation", "--takes", "2")) == 0
    output = capsys.readouterr()
    assert output.err.count("Nothing was heard as speech") == 1 and "Nothing" not in output.out


@pytest.mark.parametrize(
    "fault",
    {
        "inverted": written(np.stack([VOICE, -VOICE], 1)),
        "quiet": written(VOICE * np.float32(10 ** (-56 / 20)), subtype="PCM_24"),
        "glitch": written(np.where(np.arange(len(VOICE)) == 30000, 1, 0.003 * VOICE), subtype="FLOAT"),
        "centre": written(np.stack([noise(3.0), noise(3.0, 2), VOICE, tone(3.0), noise(3.0, 3), noise(3.0, 4)], 1)),
        "track": encoded("matroska", "pcm_s16le", tone(3.0), VOICE),
    }.items(),
    ids=lambda item: item[0],
)
def test_the_mouth_follows_the_voice_whatever_it_is_in(capsys, fault: tuple[str, bytes]) -> None:
    spoken(capsys, written(VOICE))
    wanted = mouth()
    entry = spoken(capsys, fault[1], name="sound.mkv" if fault[0] == "track" else "sound.wav")
    assert np.corrcoef(mouth(), wanted)[0, 1] > 0.95 and len(entry["warnings"]) == 1
    assert np.std(mouth()) == pytest.approx(np.std(wanted), rel=0.1)


def test_a_track_is_chosen(capsys) -> None:
    film = encoded("matroska", "pcm_s16le", tone(3.0), VOICE)
    entry = spoken(capsys, film, "--track", "1", name="film.mkv")
    assert entry["sound"]["track"] == 1 and "Nothing was heard" in entry["warnings"][0]
    assert spoken(capsys, film, "--track", "2", name="film.mkv")["warnings"] == []
    assert main.main(("speak", "film.mkv", "--track", "0")) == 2
    assert main.main(("speak", "film.mkv", "--track", "3")) == 3
    assert "has sound tracks 1 to 2" in capsys.readouterr().err


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_transcript_is_read_in_its_coding_and_by_its_times(capsys, transcript: str, coding: str) -> None:
    spoken(capsys, written(voice(7.1)))
    for suffix, text in (("txt", transcript), ("srt", f"1\n00:00:00,000 --> 00:00:07,100\n{transcript}\n")):
        Path(f"said.{suffix}").write_text(text, coding)
        entry = spoken(capsys, written(voice(7.1)), "--transcript", f"said.{suffix}")
        assert entry["warnings"] == []


def test_a_wrong_transcript_is_said_to_be_wrong_and_where(capsys) -> None:
    Path("said.txt").write_text("The quick brown fox jumps over the lazy dog.")
    (sentence,) = spoken(capsys, written(voice(7.1)), "--transcript", "said.txt")["warnings"]
    assert sentence.startswith("The transcript is not what the sound says, from 0.") and " s" in sentence


def test_a_transcript_of_bytes_is_refused(capsys) -> None:
    Path("sound.wav").write_bytes(written(VOICE))
    Path("said.txt").write_bytes("Größe".encode("cp1252"))
    assert main.main(("speak", "sound.wav", "--transcript", "said.txt")) == 3
    assert "Save it as UTF-8" in capsys.readouterr().err


def test_hands_without_gestures_are_a_sentence_and_none_is_written(capsys) -> None:
    Path("line.wav").write_bytes(written(VOICE))
    flags = ("speak", "line.wav", "--engine", "articulation", "--hands", "left")
    assert main.main(flags) == 2
    assert "add --gestures" in capsys.readouterr().err and not list(Path().glob("*.take.safetensors"))
    Path("acted.json").write_text('{"gestures": 0.5}')
    assert main.main((*flags, "--direction", "acted.json")) == 0
