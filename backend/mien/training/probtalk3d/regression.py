# SPDX-License-Identifier: GPL-3.0-or-later
"""The regression baseline of ProbTalk3D: a network of the same size and inputs without codes or sampling, which
predicts the one motion that is best in the mean. `mien train regression MOTION RUN`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.motion_space import PARTS, SIZE
from mien.files.atomic import write_whole
from mien.files.safetensors import read_tensors, write_tensors
from mien.files.weights_file import FileNames
from mien.nn.convnext import Block
from mien.nn.film import FiLM
from mien.training.examples import held_out_batches
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.motion_loss import MotionLoss
from mien.training.probtalk3d.dataset import AudioMotionDataset

WIDTH, BLOCKS, KERNEL = 256, 14, 9  # 5.6 million parameters: ProbTalk3D at inference has 5.3
CONFIG = TrainingConfig(steps=1600, batch=12, decay=0.02)  # a step costs two of stage 2: the same time in all
FILE_NAMES = FileNames(modules={"film": "listening", "project": "hear", "gain": "times", "shift": "plus"}, sizes={})


class Regression(nn.Module):
    """Audio features (B, F, audio_features.SIZE), style features (B, F, style_features.SIZE) -> motion (B, F, 57)."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.width, self.blocks = width, blocks
        self.film = FiLM(audio_features.SIZE, style_features.SIZE, width)
        self.body = nn.Sequential(*(Block(width, KERNEL, KERNEL // 2, dropout=0.1) for _ in range(blocks)))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, SIZE))

    def forward(self, audio: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        return self.leave(self.body(self.film(audio, style)))


def train(motion: Path, run: Path, config: TrainingConfig, threads: int, progress: Progress) -> Path:
    """Train the regression to minimise `MotionLoss`; returns the weights file."""
    device = set_up_torch(config.seed, threads)
    network = Regression().to(device)
    motion_losses = nn.ModuleDict({name: MotionLoss(part) for name, part in PARTS.items()}).to(device)
    known = AudioMotionDataset.read(motion, held_out=False)
    held_out = held_out_batches(AudioMotionDataset.read(motion, held_out=True), config.batch, config.frames, device)

    def losses(batch: Batch, step: int = 0) -> dict[str, torch.Tensor]:
        target, audio, style = batch
        predicted = network(audio, style)
        return {
            name: motion_losses[name](predicted[..., list(part)], target[..., list(part)])
            for name, part in PARTS.items()
        }

    training = Training(
        "regression", network, lambda first: known.batches(config.seed, first, config.batch, config.frames), losses,
        lambda: mean_losses(held_out, losses), file_names=FILE_NAMES.modules,
    )  # fmt: skip
    run_training(training, config, run, progress)
    path = run / "regression.safetensors"
    metadata = {"format": "mien.regression", "plan": json.dumps(asdict(config))}
    write_whole(path, write_tensors(FILE_NAMES.tensors(network), metadata))
    return path


def load(path: Path) -> Regression:
    """The network of a file that `train` wrote. TensorFileError for a damaged file."""
    tensors, _ = read_tensors(path, dtypes=("F16",))
    network = Regression()
    network.load_state_dict(FILE_NAMES.state(tensors))
    return network.eval()
