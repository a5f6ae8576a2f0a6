# SPDX-License-Identifier: GPL-3.0-or-later
"""One command from speech to weights that make takes, and the loss."""

import json
from pathlib import Path

import numpy as np
import torch
from emodiffhead import AUDIO, EXPRESSION, STYLE_FEATURES, network
from mien.audio.speech import Speech
from mien.cli.main import main
from mien.direction import Direction
from mien.engines.emodiffhead.generate import generate
from mien.engines.emodiffhead.weights import load
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.training.emodiffhead.train import DenoisingLoss
from motion_data import corpus, small_batches

SHAPE = '{"width": 32, "blocks": [1, 1, 1], "listening": 1, "heads": 2, "near": 4, "told": 16}'


def test_emodiffhead_is_trained_by_one_command_and_performs(tmp_path: Path) -> None:
    with small_batches():
        train_and_perform(tmp_path)


def train_and_perform(tmp_path: Path) -> None:
    speech, motion, run = corpus(tmp_path / "corpus"), tmp_path / "motion", tmp_path / "run"
    few = ["--jobs", "1", "--json"]
    assert main(["corpus", "perform", str(speech), str(motion), "--performances", "2", *few]) == 0
    command = ["train", "emodiffhead", str(speech), str(motion), str(run), "--threads", "1", "--shape", SHAPE, *few]
    assert main([*command, "--steps", "2"]) == 0
    lines = (run / "emodiffhead.csv").read_text().splitlines()
    assert lines[0] == "step,minutes,what,value" and all(line.startswith("2,") for line in lines[1:])
    logged = {line.split(",")[2] for line in lines[1:]}
    assert {"numbers", "change", "gap", "held out numbers", "held out mouth mm", "held out life mm"} <= logged
    weights = run / "emodiffhead.safetensors"
    card = json.loads((run / "emodiffhead.card.json").read_text("utf-8"))
    assert card["training"]["steps"] == 2 and card["training"]["emotion_free"] is True
    assert card["bytes"] == weights.stat().st_size and card["data"]["voices_of_synthesisers"] == {"flite": 1}
    assert load(weights).scale.min() >= 0.0999  # half precision
    sound = Speech.from_samples(np.random.default_rng(1).uniform(-0.1, 0.1, 16000).astype(np.float32))
    directions = [Direction.from_json({"emotion": "happy", "style": "speaker-02", "seed": seed}) for seed in (1, 2)]
    takes = generate(sound, recognise_phones(sound), analyse_prosody(sound), directions, weights=weights, steps=2)
    assert [take.frames for take in takes] == [100, 100] and np.isfinite(takes[0].weights).all()
    alone = [*command[:4], str(tmp_path / "alone"), *command[5:], "--steps", "1", "--emotional-alone"]
    assert main(alone) == 0
    card = json.loads((tmp_path / "alone" / "emodiffhead.card.json").read_text("utf-8"))
    assert card["training"]["emotion_free"] is False


def test_a_number_counts_as_far_as_it_moves_the_face_and_lips_besides() -> None:
    loss, use = DenoisingLoss(), torch.ones(1, dtype=torch.bool)

    class Answer(torch.nn.Module):
        """Predicts the true motion, but for one number, 1 too much from frame 8 on."""

        mean, scale = network().mean, network().scale

        def __init__(self, off: int | None) -> None:
            super().__init__()
            self.off = off

        def encode_audio(self, audio: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
            return audio

        def forward(self, noisy: torch.Tensor, *conditions: torch.Tensor) -> torch.Tensor:
            motion = noisy.clone()  # of time 0, without noise
            if self.off is not None:
                motion[:, 8:, self.off] += 1
            return motion

    motion = 0.3 * torch.rand(1, 16, 57, generator=torch.Generator().manual_seed(0))
    conditions = (torch.from_numpy(array[None, :16]) for array in (AUDIO, STYLE_FEATURES, EXPRESSION))
    batch = (motion, *conditions, torch.zeros(1), torch.zeros_like(motion), use, use)

    def of(off: int | None) -> dict[str, float]:
        return {name: float(value) for name, value in loss(Answer(off), batch).items()}

    assert max(of(None).values()) < 1e-8
    sizes = network().scale * loss.mm
    for number in (2, 24, 52):  # a brow, the jaw, the head
        expected, losses = float(sizes[number] / sizes.mean()) / 57, of(number)
        np.testing.assert_allclose([losses["numbers"], losses["change"]], [expected * 8 / 16, expected / 15], rtol=1e-3)
        assert (losses["gap"] > 0.01) == (number == 24)
