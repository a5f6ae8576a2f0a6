# SPDX-License-Identifier: GPL-3.0-or-later
"""What ProbTalk3D is measured against: a network of the same size that hears and is told the same and gives one motion.

It has no codes and no chance in it: the mouth and the rest of the face come straight from what is listened to.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.motion_space import PARTS, SIZE
from mien.files.safetensors import read_tensors, write_tensors
from mien.nn.convnext import Block
from mien.nn.film import Listening
from mien.training.examples import some
from mien.training.loop import Batch, Plan, fit
from mien.training.motion_loss import Seen
from mien.training.probtalk3d.dataset import Sounding

WIDTH, BLOCKS, KERNEL = 256, 14, 9  # 5.6 million parameters: ProbTalk3D at work has 5.3
PLAN = Plan(steps=1600, batch=12, decay=0.02)  # a step is twice as dear as one of stage 2: as long in all


class Regression(nn.Module):
    """(B, F, heard.SIZE), (B, F, told.SIZE) -> motion (B, F, 57)."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.width, self.blocks = width, blocks
        self.listening = Listening(audio_features.SIZE, style_features.SIZE, width)
        self.body = nn.Sequential(*(Block(width, KERNEL, KERNEL // 2, dropout=0.1) for _ in range(blocks)))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, SIZE))

    def forward(self, sound: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        return self.leave(self.body(self.listening(sound, style)))


def train(motion: Path, run: Path, plan: Plan, threads: int, progress: Progress) -> Path:
    """Train until plan.steps are done, to the millimetres of `motion_loss.py`; returns the file of the weights."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(plan.seed)
    network = Regression().to(device)
    seen = nn.ModuleDict({name: Seen(part) for name, part in PARTS.items()}).to(device)
    known = Sounding.read(motion, held_out=False)
    examples = [
        tuple(x.to(device) for x in each)
        for each in some(Sounding.read(motion, held_out=True), 8, plan.batch, plan.frames)
    ]

    def losses(batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        whole, sound, style = batch
        made = network(sound, style)
        of = {name: seen[name](made[..., list(part)], whole[..., list(part)]) for name, part in PARTS.items()}
        return sum(of.values()), {name: float(value.detach()) for name, value in of.items()}

    def check() -> dict[str, float]:
        with torch.inference_mode():
            found = [losses(each)[1] for each in examples]
        return {name: float(np.mean([each[name] for each in found])) for name in PARTS} if found else {}

    fit(
        "regression", run, network, plan, lambda first: known.batches(plan.seed, first, plan.batch, plan.frames),
        losses, check, progress,
    )  # fmt: skip
    tensors = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    path = run / "regression.safetensors"
    path.write_bytes(write_tensors(tensors, {"format": "mien.regression", "plan": json.dumps(asdict(plan))}))
    return path


def load(path: Path) -> Regression:
    """As `train` wrote it. TensorFileError for a damaged file."""
    tensors, _ = read_tensors(path, dtypes=("F16",))
    network = Regression()
    network.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()})
    return network.eval()
