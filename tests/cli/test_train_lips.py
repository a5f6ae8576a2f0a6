# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train lips`: on given tracks, what it prints, and what it refuses."""

import json
from pathlib import Path

import pytest
from lips import talking, with_sound_of, write_tracks
from mien.cli.main import main
from mien.errors import FAILED


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


def test_a_name_that_is_taken_or_none_and_a_folder_without_clips_are_refused(
    tmp_path: Path, data_folder: Path, capsys
) -> None:
    (data_folder / "lips").mkdir(parents=True)
    (data_folder / "lips" / "mine.safetensors").touch()
    for name, sentence in (
        ("mine", "there is a lips model 'mine' already"),
        ("../mine", "is no name for a model"),
        ("yours", "there are no videos"),
    ):
        assert main(["train", "lips", str(tmp_path), "-o", name]) == FAILED
        assert sentence in capsys.readouterr().err
