# SPDX-License-Identifier: GPL-3.0-or-later
"""The training of the network of breaths, in a few steps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mien.speech_analysis.network.breath import INPUTS, BreathNetwork, breath_network
from mien.training.phones.train_breaths import BreathConfig, evaluate, train
from mien.training.speech_corpus.utterance import CorpusError
from motion_data import corpus

CONFIG = replace(BreathConfig(), steps=4, batch=2, seconds=2.0, examples=3, length=4.0)


def nothing(done: float, text: str) -> None:
    assert 0 <= done <= 1 and text


def test_a_training_writes_weights_and_their_card(tmp_path: Path) -> None:
    path = train(corpus(tmp_path / "corpus"), tmp_path / "run", CONFIG, 1, nothing)
    assert isinstance(breath_network(path), BreathNetwork)
    card = json.loads(path.with_suffix(".card.json").read_text())
    assert card["training"]["steps"] == 4 and set(card["held_out_voices"]) == {"held_out_precision", "held_out_recall"}
    assert "heard.safetensors" in {file.name for file in (tmp_path / "run").iterdir()}


def test_a_corpus_without_voices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no corpus"):
        train(tmp_path / "empty", tmp_path / "run", CONFIG, 1, nothing)


def test_what_cannot_be_said_does_not_count() -> None:
    network = BreathNetwork().eval()
    inputs = np.random.default_rng(0).random((2, 30, INPUTS)).astype(np.float16)
    target = np.ones((2, 30), np.float32)
    assert evaluate(network, {"inputs": inputs, "target": target, "weight": 0 * target}) == {
        "precision": 0.0,
        "recall": 0.0,
    }
