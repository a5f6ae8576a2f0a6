# SPDX-License-Identifier: GPL-3.0-or-later
"""The refinement is trained by one command on pairs that are there, and what it writes can be used."""

import dataclasses
import json
from pathlib import Path

from mien.cli.main import main
from mien.photo.refinement.weights import load
from mien.training.refinement import pairs as building
from mien.training.refinement import train as training
from mien.training.refinement.pairs import write
from refinement_pairs import some_pairs


def test_one_command_trains_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(training, "CONFIG", dataclasses.replace(training.CONFIG, batch=2))
    monkeypatch.setattr(building, "HELD_OUT_PHOTOS", 1)
    for part, number in (("known", 0), ("known", 1), ("unknown", 0)):
        (tmp_path / part).mkdir(exist_ok=True)
        write(tmp_path / part / f"photo_{number:04d}.npz", some_pairs(number))
    shape = '{"widths": [8, 16, 16], "inner": 12, "tokens": 2}'
    command = ["train", "refinement", str(tmp_path), str(tmp_path / "run"), "--photos", "2", "--steps", "2", "--json"]
    assert main([*command, "--shape", shape]) == 0
    card = json.loads((tmp_path / "run" / "refinement.card.json").read_text("utf-8"))
    network = load(tmp_path / "run" / "refinement.safetensors")
    assert card["training"]["pairs"] == 4 and card["training"]["held_out_identities"]
    assert card["training"]["parameters"] == sum(p.numel() for p in network.parameters())
    assert set(card["held_out_losses"]) == {"unrefined", "refined"}
    logged = (tmp_path / "run" / "refinement.csv").read_text("utf-8")
    assert "held out colour" in logged
