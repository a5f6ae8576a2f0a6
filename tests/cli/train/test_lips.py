# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train lips`: on given tracks, what it prints, and what it refuses."""

import json
from pathlib import Path

import pytest
from checkout import SAMPLES
from filelock import FileLock
from lips import talking, with_sound_of, write_tracks
from mien.audio.speech import SpeechError
from mien.cli.main import main
from mien.cli.train.lips import in_words
from mien.errors import FAILED, FILE, MISSING, USAGE
from mien.training.lips.train import LipsResult


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    return tmp_path / "data"


def test_given_tracks_become_a_model_that_is_listed(tmp_path: Path, data_folder: Path, capsys) -> None:
    clips = [talking(seconds=3.0), talking(begin=3.0, seconds=3.0), with_sound_of(talking(), talking(begin=3.0))]
    write_tracks(tmp_path / "ours", *clips)
    command = ["train", "lips", str(tmp_path / "ours"), "--steps", "3"]
    assert main([*command, "-o", "first"]) == 0
    words = capsys.readouterr().out
    assert "2 clips of 2 speakers" in words and "is left out: the lips" in words
    assert "On speakers that were left out" in words and "mien speak --lips-model first" in words
    assert main([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["weights"] == str(data_folder / "lips" / "ours.safetensors")
    assert len(result["correlation_on_speakers_left_out"]) == 3 and len(result["refused"]) == 1
    assert main(["models"]) == 0
    assert "--lips-model ours" in capsys.readouterr().out


@pytest.mark.parametrize(("left_out", "said"), [((0.71, 0.5, 0.5), True), ((0.75, 0.5, 0.5), False), (None, False)])
def test_a_model_that_is_no_better_than_none_is_said_to_be(left_out: tuple[float, ...] | None, said: bool) -> None:
    words = in_words(LipsResult(Path("a.safetensors"), 3, 3, 36.0, left_out, (0.715, 0.5, 0.5), ()), "a")
    assert ("no better than none" in words) == said


def test_a_name_that_is_taken_or_none_and_a_folder_without_clips_are_refused(
    tmp_path: Path, data_folder: Path, capsys
) -> None:
    (data_folder / "lips").mkdir(parents=True)
    (data_folder / "lips" / "mine.safetensors").touch()
    (tmp_path / "a.txt").touch()
    assert main(["train", "lips", str(tmp_path / "a.txt")]) == 3
    assert "is no folder; name the folder with your footage" in capsys.readouterr().err
    for name, sentence in (
        ("mine", "there is a lips model 'mine' already"),
        ("../mine", "is no name for a model"),
        ("yours", "there are no videos"),
    ):
        assert main(["train", "lips", str(tmp_path), "-o", name]) == FAILED
        assert sentence in capsys.readouterr().err


def test_a_name_that_another_process_trains_is_refused_before_any_work(
    tmp_path: Path, data_folder: Path, capsys
) -> None:
    write_tracks(tmp_path / "ours", talking(seconds=3.0))
    command = ["train", "lips", str(tmp_path / "ours"), "--steps", "1"]
    (data_folder / "lips").mkdir(parents=True)
    with FileLock(data_folder / "lips" / ".ours.lock"):
        assert main(command) == FAILED
        assert "another process is training a lips model 'ours'; wait for its end" in capsys.readouterr().err
        assert not list((data_folder / "lips").glob("*.safetensors"))
        assert main([*command, "-o", "theirs"]) == 0
    assert main(command) == 0
    assert main(command) == FAILED
    assert "there is a lips model 'ours' already" in capsys.readouterr().err


@pytest.mark.parametrize("folds", ["1", "-2", "two", "1001"])
def test_groups_that_leave_nobody_out_are_refused(tmp_path: Path, folds: str, capsys) -> None:
    assert main(["train", "lips", str(tmp_path), f"--folds={folds}"]) == USAGE
    assert f"'{folds}' is no number of groups from 2 to 1000" in capsys.readouterr().err


def test_films_that_cannot_be_used_are_left_out_and_named(tmp_path: Path, capsys, monkeypatch) -> None:
    """A damaged film and one without sound do not stop the training on the others."""
    (tmp_path / "ours").mkdir()
    for name in ("a.mp4", "b.mp4", "damaged.mp4", "silent.mp4"):
        (tmp_path / "ours" / name).touch()
    good = {"a": talking(seconds=3.0), "b": talking(begin=3.0, seconds=3.0)}

    def read(path: Path) -> object:
        if path.stem not in good:
            raise SpeechError(f"{path.name} holds no sound.")
        return good[path.stem].speech

    monkeypatch.setattr("mien.training.lips.clips.read_speech", read)
    monkeypatch.setattr("mien.video.reader.open_footage", lambda path: path)
    monkeypatch.setattr("mien.face_tracking.tracker.track_face", lambda footage: footage)
    monkeypatch.setattr("mien.training.lips.clips.clip_of_track", lambda name, *_: good[name])
    assert main(["train", "lips", str(tmp_path / "ours"), "--steps", "2", "--json"]) == 0
    refused = json.loads(capsys.readouterr().out)["refused"]
    assert refused[:2] == [
        "damaged.mp4 is left out: damaged.mp4 holds no sound.", "silent.mp4 is left out: silent.mp4 holds no sound.",
    ]  # fmt: skip
    good.clear()
    assert main(["train", "lips", str(tmp_path / "ours"), "-o", "none"]) == FAILED
    assert "none of 4 videos can be used. a.mp4 is left out" in capsys.readouterr().err


def test_a_lips_model_that_is_damaged_or_a_folder_is_said_to_be(tmp_path: Path, data_folder: Path, capsys) -> None:
    folder = data_folder / "lips"
    (folder / "folder.safetensors").mkdir(parents=True)
    (folder / "damaged.safetensors").write_bytes(b"\0" * 99)
    command = ["speak", str(SAMPLES / "mono_16k.wav"), "--engine", "articulation", "-o", str(tmp_path / "a.st")]
    assert main([*command, "--lips-model", "damaged"]) == FILE
    assert "the lips model" in capsys.readouterr().err
    assert main([*command, "--lips-model", "folder"]) == MISSING
    assert "is a folder, where the file of the lips model 'folder' should be; remove it" in capsys.readouterr().err
    assert main([*command, "--lips-model", "damagd"]) == MISSING
    assert "there are: damaged (did you mean 'damaged'?)." in capsys.readouterr().err
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "Its card damaged.card.json is missing" in " ".join(listed.split()) and "Errno" not in listed
