# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 1 on performances: `mien train codec MOTION RUN`.

Two codecs learn beside each other, one of the mouth and one of the rest of the face, each to give back what it was
given through its codes. The books learn as running means, the rest by AdamW. A run goes on from its last checkpoint;
RUN/codec.csv can be plotted while it runs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from mien.engines.probtalk3d.codec import Codec, Shape
from mien.engines.probtalk3d.loss import PARTS, Seen
from mien.engines.probtalk3d.space import LIFE, MOUTH
from mien.engines.probtalk3d.training_set import Motions, log
from mien.engines.probtalk3d.weights import save_codecs

SHAPES = {
    "mouth": Shape(numbers=len(MOUTH), stride=1, groups=4),
    "life": Shape(numbers=len(LIFE), stride=4, groups=4),
}
COMMIT = 0.25  # weight of the latents' distance to their codes (beta of van den Oord et al. 2017)
COLUMNS = ("step", "minutes", "mouth", "life", "held_out_mouth", "held_out_life", "used_mouth", "used_life")
CHECK, SAVE = 200, 120  # steps between two looks at what is held out; seconds between two checkpoints


@dataclass(frozen=True)
class Plan:
    steps: int = 4000
    batch: int = 24
    seconds: float = 6.4
    rate: float = 1e-3
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Rises over 100 steps, then falls along a cosine."""
        return self.rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / self.steps)) + 1e-6


def train(
    motion: Path, run: Path, shapes: dict[str, Shape], plan: Plan, threads: int, progress: Callable[[float, str], None]
) -> Path:
    """Train until plan.steps are done; returns the file of the weights."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    codecs = nn.ModuleDict({name: Codec(shape) for name, shape in shapes.items()}).to(device)
    seen = nn.ModuleDict({name: Seen(part) for name, part in PARTS.items()}).to(device)
    learnt = [p for p in codecs.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=plan.rate, weight_decay=0.01, betas=(0.9, 0.98))
    step, spent = _resume(run / "codec.pt", codecs, optimiser, device)
    frames = round(plan.seconds * 25) // 4 * 4
    batches = Motions.read(motion, held_out=False).batches(plan.seed, step, plan.batch, frames)
    examples = [x.to(device) for x in Motions.read(motion, held_out=True).some(8, plan.batch, frames)]
    began = saved = time.monotonic()
    while step < plan.steps:
        whole = next(batches).to(device)
        for group in optimiser.param_groups:
            group["lr"] = plan.rate_at(step)
        codecs.train()
        losses = {name: _loss(codecs[name], seen[name], whole[..., list(PARTS[name])]) for name in codecs}
        optimiser.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimiser.step()
        step += 1
        minutes = (spent + time.monotonic() - began) / 60
        said = {name: round(float(value.detach()), 4) for name, value in losses.items()}
        progress(step / plan.steps, " ".join(f"{name} {value:.3f}" for name, value in said.items()))
        row: list[object] = [step, round(minutes, 2), *said.values()]
        if step % CHECK == 0 or step == plan.steps:
            row += check(codecs.eval(), seen, examples)
        if step % 20 == 0 or step == plan.steps:
            log(run / "codec.csv", COLUMNS, row)
        if time.monotonic() - saved > SAVE or step == plan.steps:
            saved = time.monotonic()
            _checkpoint(run / "codec.pt", step, minutes * 60, codecs, optimiser)
    return save_codecs(codecs, run / "codec.safetensors", {"plan": asdict(plan), "steps": step})


def _loss(codec: Codec, seen: Seen, part: torch.Tensor) -> torch.Tensor:
    z = codec.encode(part)
    codes = codec.book.nearest(z.detach())
    vectors = codec.book.look_up(codes)
    codec.book.learn(z.detach().flatten(0, 1), codes.flatten(0, 1))
    straight = z + (vectors - z).detach()  # the gradient passes the codes by (section 3.2)
    return seen(codec.decode(straight), part) + COMMIT * (z - vectors.detach()).square().mean()


def check(codecs: nn.ModuleDict, seen: nn.ModuleDict, examples: list[torch.Tensor]) -> list[float]:
    """Loss of each part through its codes, and how many codes are in use (the exponential of their entropy)."""
    losses, used = [], []
    with torch.inference_mode():
        for name, codec in codecs.items():
            counts = torch.zeros(codec.book.vectors.shape[:2])
            total = 0.0
            for whole in examples:
                part = whole[..., list(PARTS[name])]
                codes = codec.book.nearest(codec.encode(part))
                total += float(seen[name](codec.decode(codec.book.look_up(codes)), part))
                for group in range(len(counts)):
                    counts[group] += torch.bincount(codes[..., group].flatten().cpu(), minlength=counts.shape[1])
            share = counts / counts.sum(1, keepdim=True)
            entropy = -(share * share.clamp(min=1e-9).log()).sum(1)
            losses.append(round(total / max(1, len(examples)), 4))
            used.append(round(float(entropy.exp().mean()), 1))
    return losses + used


def _checkpoint(path: Path, step: int, spent: float, codecs: nn.ModuleDict, optimiser: torch.optim.Optimizer) -> None:
    part = path.with_suffix(".part")
    state = {"step": step, "spent": spent, "codecs": codecs.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state, part)
    part.replace(path)


def _resume(
    path: Path, codecs: nn.ModuleDict, optimiser: torch.optim.Optimizer, device: torch.device
) -> tuple[int, float]:
    """(step, seconds spent) of the last checkpoint, which is loaded; (0, 0) without one."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    codecs.load_state_dict(state["codecs"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["spent"]
