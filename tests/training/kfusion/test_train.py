# SPDX-License-Identifier: GPL-3.0-or-later
"""One command from speech to weights that make landmarks, and to those that they are compared with."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from kfusion import SHAPE
from mien.audio.speech import Speech
from mien.cli.main import main
from mien.direction import Direction
from mien.engines.kfusion.generate import landmarks
from mien.engines.kfusion.weights import load
from mien.training.kfusion import train as training
from motion_data import corpus


def test_kfusion_is_trained_by_one_command_and_moves_landmarks(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(training, "CONFIG", dataclasses.replace(training.CONFIG, batch=2, seconds=1.6))
    speech, motion, run = corpus(tmp_path / "corpus"), tmp_path / "motion", tmp_path / "run"
    few = ["--jobs", "1", "--json"]
    assert main(["corpus", "perform", str(speech), str(motion), "--performances", "1", *few]) == 0
    command = ["train", "kfusion", str(speech), str(motion), str(run), "--threads", "1", "--steps", "2", *few]
    assert main([*command, "--shape", SHAPE]) == 0
    lines = (run / "kfusion.csv").read_text().splitlines()
    logged = {line.split(",")[2] for line in lines[1:]}
    assert {"mouth", "lip gap", "head", "held out mouth", "held out head"} <= logged
    weights = run / "kfusion.safetensors"
    card = json.loads((run / "kfusion.card.json").read_text("utf-8"))
    assert card["training"]["steps"] == 2 and card["bytes"] == weights.stat().st_size
    assert card["training"]["held_out_identities"] and card["data"]["voices_of_synthesisers"] == {"flite": 1}
    assert card["training"]["parameters"] == sum(p.numel() for p in load(weights).parameters())
    sound = Speech.from_samples(np.random.default_rng(1).uniform(-0.1, 0.1, 16000).astype(np.float32))
    track = landmarks(sound, Direction.from_json({"emotion": "happy"}), seed=3, weights=weights)
    assert track.frames == 25 and np.isfinite(track.points).all()


@pytest.mark.parametrize("shape", ['{"fusion": "sum"}', '{"depth": 2}'])
def test_a_shape_that_there_is_not_is_refused_in_words(tmp_path: Path, capsys, shape: str) -> None:
    assert main(["train", "kfusion", str(tmp_path), str(tmp_path), str(tmp_path / "run"), "--shape", shape]) == 2
    assert "--shape has" in capsys.readouterr().err
