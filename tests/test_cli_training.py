# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that make what ships, from a corpus of six seconds to weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from mien.cli import main
from mien.corpus.store import write_unit
from mien.corpus.utterance import RATE, Utterance, Voice
from mien.ears.network.weights import load


def corpus(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("kal16", "awb"):  # awb's voice is held out
        phones = tuple((sound, 0.5 + i / 2, 1.0 + i / 2) for i, sound in enumerate("mapɪbusi"))
        samples = rng.uniform(-0.3, 0.3, 6 * RATE).astype(np.float32)
        write_unit(folder / "flite", f"{name}-en-000", 0, [Utterance(Voice("flite", name, "en"), "x", samples, phones)])
    return folder


def test_mien_train_ear_trains_an_ear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    few = ["--steps", "2", "--shape", '{"width": 16, "blocks": 1}', "--json"]
    assert main(["train", "ear", str(corpus(tmp_path / "corpus")), str(run), *few]) == 0
    assert json.loads(capsys.readouterr().out) == {"weights": str(run / "ear.safetensors")}
    assert load(run / "ear.safetensors").shape.width == 16
    card = json.loads((run / "ear.card.json").read_text("utf-8"))
    assert card["training"]["steps"] == 2 and card["data"]["voices_of_synthesisers"] == {"flite": 1}
