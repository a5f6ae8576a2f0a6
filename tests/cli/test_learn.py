# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien learn` and `mien speak --persona`: a file and a name, what is printed, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from mien.cli.main import main
from mien.engines.articulation.persona import read_persona
from mien.take import read_take, write_take
from personas import LIVELY, take_of
from scipy.io import wavfile


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def clips(tmp_path: Path) -> list[str]:
    paths = []
    for i, (name, begin) in enumerate((("shipped", 0.0), ("english man", 0.0))):
        take, speech = take_of(name, begin, LIVELY)
        paths.append(tmp_path / f"clip{i}.take.safetensors")
        write_take(take, paths[-1])
        wavfile.write(tmp_path / f"clip{i}.wav", 16000, np.asarray(speech.samples, np.float32))
    return [str(path) for path in paths]


def test_a_persona_file_is_learnt_and_spoken_with(clips: list[str], tmp_path: Path, data_folder: Path, capsys) -> None:
    file, take = tmp_path / "ada.persona.safetensors", tmp_path / "ada.take.safetensors"
    assert main(["learn", *clips, "-o", str(file)]) == 0
    words = capsys.readouterr().out
    assert "of 2 clips" in words and f"Use it: mien speak --persona {file}" in words
    assert read_persona(file).style.jaw > 1.4
    sound = str(tmp_path / "clip0.wav")
    command = ["speak", sound, "--engine", "articulation", "-o", str(take), "--json"]
    assert main([*command, "--persona", str(file)]) == 0
    assert read_take(take).meta["persona"] == "ada"
    assert (data_folder / "personas" / "ada.persona.safetensors").is_file()
    assert main([*command, "--persona", "ada"]) == 0
    assert main([*command, "--persona", "bob"]) == 4
    assert "There is no persona 'bob'; there are: ada." in capsys.readouterr().err


def test_a_name_goes_into_the_data_folder_once(clips: list[str], data_folder: Path, capsys) -> None:
    assert main(["learn", *clips, "-o", "ada", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["written"] == str(data_folder / "personas" / "ada.persona.safetensors")
    assert report["style"]["mouth_lean"] > 0.05 and report["learnt"]["clips"] == 2 and report["refused"] == []
    assert main(["learn", *clips, "-o", "ada"]) == 2
    assert "there is a persona 'ada' already" in capsys.readouterr().err
    assert main(["models"]) == 0
    assert "--persona ada" in capsys.readouterr().out


def test_no_name_and_a_clip_as_output_are_refused(clips: list[str], capsys) -> None:
    assert main(["learn", *clips, "-o", "my ada"]) == 2
    assert "'my ada' is no name for a persona" in capsys.readouterr().err
    assert main(["learn", clips[0], "--sound", "a.wav", "--sound", "b.wav", "-o", "ada"]) == 2
    assert "there are 1 takes and 2 sounds" in capsys.readouterr().err
    assert main(["learn", *clips, "-o", clips[0]]) == 2
    assert "which would be lost" in capsys.readouterr().err
