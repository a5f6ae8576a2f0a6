# SPDX-License-Identifier: GPL-3.0-or-later
"""One command from speech to weights that move hands."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.cli.main import main
from mien.direction import Direction
from mien.engines.diffted.denoiser.generate import denoised
from mien.engines.diffted.denoiser.weights import load
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.training.diffted import train as training
from motion_data import corpus

SHAPE = '{"width": 16, "blocks": 1, "heads": 2, "kernel": 3}'


def test_the_denoiser_is_trained_by_one_command_and_moves_hands(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(training, "CONFIG", dataclasses.replace(training.CONFIG, batch=2))
    speech, motion, run = corpus(tmp_path / "corpus"), tmp_path / "motion", tmp_path / "run"
    few = ["--threads", "1", "--jobs", "1", "--performances", "1", "--shape", SHAPE, "--json"]
    assert main(["train", "diffted", str(speech), str(motion), str(run), "--steps", "2", *few]) == 0
    logged = {line.split(",")[2] for line in (run / "diffted.csv").read_text().splitlines()[1:]}
    assert {"numbers", "change", "held out numbers", "held out numbers from noise"} <= logged
    weights = run / "diffted.safetensors"
    card = json.loads((run / "diffted.card.json").read_text("utf-8"))
    assert card["training"]["steps"] == 2 and card["bytes"] == weights.stat().st_size
    assert card["training"]["parameters"] == sum(p.numel() for p in load(weights).parameters())
    sound = Speech.from_samples(np.random.default_rng(1).uniform(-0.1, 0.1, 16000).astype(np.float32))
    clock = np.arange(100) / 100
    moved = denoised(recognise_phones(sound), analyse_prosody(sound), Direction(gestures=1.0), clock, weights)
    assert moved.paths["left"].wrist.shape == (100, 3) and np.isfinite(moved.paths["left"].wrist).all()


@pytest.mark.parametrize("shape", ['{"depth": 2}'])
def test_a_shape_that_there_is_not_is_refused_in_words(tmp_path: Path, capsys, shape: str) -> None:
    assert main(["train", "diffted", str(tmp_path), str(tmp_path), str(tmp_path / "run"), "--shape", shape]) == 2
    assert "--shape has" in capsys.readouterr().err
