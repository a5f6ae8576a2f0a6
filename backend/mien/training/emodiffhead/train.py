# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the network on performances of both kinds: `mien train emodiffhead CORPUS MOTION RUN`.

The network predicts the motion itself (Ramesh et al. 2022, section 2.2) at times drawn evenly, by squared error, whose
best answer is the mean that the solver needs. A number counts as far as it moves the face; the change from frame to
frame and the lips' opening count besides (Tevet et al. 2023, section 3: geometric losses).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from mien.engines.base import Progress
from mien.engines.emodiffhead.flame_space import Way, space_of
from mien.engines.emodiffhead.network import Denoiser, Shape
from mien.engines.emodiffhead.noise_schedule import START, diffused
from mien.engines.emodiffhead.weights import save
from mien.engines.neural.motion_space import Space, channels
from mien.heads.flame import Flame
from mien.training.emodiffhead.dataset import Felt
from mien.training.examples import some
from mien.training.loop import Batch, Plan, fit
from mien.training.model_card import write_card
from mien.training.motion_corpus import held_out
from mien.training.motion_loss import Seen
from mien.training.speech_corpus.store import read_units

PLAN = Plan(steps=2600, batch=12, rate=6e-4, decay=0.01)
WEIGHT = {"numbers": 1.0, "change": 3.0, "gap": 0.1}  # of the losses: at the start the first is most of the sum
GAP = 3.0  # mm that the lips' opening varies by, about
LEAST = 0.1  # of what a number is divided by: one that hardly moves in speech may in a face


def train(
    corpus: Path, motion: Path, run: Path, shape: Shape, plan: Plan, threads: int, progress: Progress,
    free: bool = True, flame: Flame | None = None, every: int = 1,
) -> Path:  # fmt: skip
    """Train until plan.steps are done; returns the file of the weights, with a card beside it. `corpus` is the speech
    that was performed and heard in `motion`; without `free`, emotion-free speech teaches nothing, and of
    emotional speech only every so many units do (ablations); with `flame` its numbers are learnt in place of the
    channels. FlameError where it has no landmarks."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(plan.seed)
    space, way = (channels(), None) if flame is None else (space_of(flame), Way(flame))
    known = Felt.read(motion, held_out=False, free=free, way=way, every=every)
    network = made(replace(shape, motion=space.size), known).to(device)
    examples = [
        tuple(x.to(device) for x in each)
        for each in some(Felt.read(motion, held_out=True, free=False, way=way), 8, plan.batch, plan.frames)
    ]
    loss = Loss(space).to(device)

    def total(batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        of = loss(network, batch)
        return sum(WEIGHT[name] * of[name] for name in of), {name: float(value.detach()) for name, value in of.items()}

    def checked() -> dict[str, float]:
        return check(network, loss, examples)

    fit(
        "emodiffhead", run, network, plan, lambda first: known.batches(plan.seed, first, plan.batch, plan.frames),
        total, checked, progress,
    )  # fmt: skip
    training = {"device": device.type, "emotion_free": free, "emotional_units": len(known.units), **asdict(plan)}
    if way is not None:
        training |= {"flame": space.flame, "targets_error_m": round(way.error, 6)}
    weights = save(network, run / "emodiffhead.safetensors", training, space.flame)
    what = "the 52 channels" if flame is None else f"{flame.name}'s expressions and jaw"
    write_card(
        weights, f"Weights of EMOdiffhead on {what}: what is heard, a style and an expression to motion.",
        "docs/emodiffhead.md: mien corpus build, corpus perform, train emodiffhead",
        [unit for unit in read_units(corpus) if not held_out(unit)], training,
        {name: round(value, 4) for name, value in checked().items()}, network.shape.as_dict(),
    )  # fmt: skip
    return weights


def made(shape: Shape, known: Felt) -> Denoiser:
    """A network that knows how far the numbers of these performances vary."""
    network = Denoiser(shape)
    mean, spread = known.spread()
    network.mean.copy_(torch.from_numpy(mean))
    network.scale.copy_(torch.from_numpy(np.maximum(spread, LEAST)))
    network.lift.copy_(torch.from_numpy(known.of_expression()))
    return network


class Loss(torch.nn.Module):
    """Means over a batch: of squares in the network's units, weighted by millimetres, and of the lips' in GAP."""

    def __init__(self, space: Space | None = None) -> None:
        """Of the default head's numbers unless of another space's."""
        super().__init__()
        self.space = space or channels()
        self.seen = torch.nn.ModuleDict({name: Seen(part, self.space) for name, part in self.space.parts.items()})
        self.register_buffer("mm", torch.from_numpy(self.space.mm))

    def forward(self, network: Denoiser, batch: Batch) -> dict[str, torch.Tensor]:
        motion, heard, style, expression, t, drawn, hears, feels = batch
        wanted = (motion - network.mean) / network.scale
        listened = network.listen(heard, style)
        made = network(diffused(wanted, t, drawn), t, listened, style, expression, hears, feels)
        counts = network.scale * self.mm
        off = (made - wanted) * (counts / counts.mean()).sqrt()
        lips = list(self.space.parts["mouth"])
        gaps = (self.seen["mouth"].gap(each[..., lips]) for each in (network.scale * made + network.mean, motion))
        return {
            "numbers": off.square().mean(),
            "change": off.diff(dim=1).square().mean(),
            "gap": ((next(gaps) - next(gaps)) / GAP).square().mean(),
        }


def check(network: Denoiser, loss: Loss, examples: list[Batch]) -> dict[str, float]:
    """The losses on held-out emotional speech; and, of motion predicted from noise alone, the millimetres by which
    ProbTalk3D and the regression are measured too."""
    found: dict[str, float] = {}
    with torch.inference_mode():
        for each in examples:
            of = loss(network, each)
            motion, heard, style, expression, t, drawn, _, _ = each
            told = torch.ones_like(t, dtype=torch.bool)
            listened = network.listen(heard, style)
            made = network(drawn, torch.full_like(t, START), listened, style, expression, told, told)
            made = network.scale * made + network.mean
            of |= {f"{name} mm": loss.seen[name](made[..., list(part)], motion[..., list(part)])
                   for name, part in loss.space.parts.items()}  # fmt: skip
            for name, value in of.items():
                found[name] = found.get(name, 0.0) + float(value) / len(examples)
    return found
