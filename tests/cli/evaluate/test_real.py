# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate real`: curves of takes for real speakers' sounds."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mien.cli.main import main


def test_real_writes_curves_of_the_sounds_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audio, curves = tmp_path / "audio", tmp_path / "curves"
    audio.mkdir()
    soundfile.write(audio / "a.wav", np.zeros(1600, np.float32), 16000)
    command = ["evaluate", "real", str(curves), "--audio", str(audio), "--engine", "articulation"]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"written": [str(curves / "a.npz")]}
    with np.load(curves / "a.npz") as arrays:
        assert set(arrays.files) == {"t", "aperture", "width", "jaw"}


def test_real_has_no_folder_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "real", str(tmp_path / "out")]) == 2
    assert "--audio" in capsys.readouterr().err
