# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop that every training of an engine runs: AdamW, a rate that rises and falls, checkpoints, a log."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress

CHECK, LOG, SAVE = 200, 20, 120  # steps between looks at what is held out, and lines of the log; s between checkpoints
WARM = 100  # steps

Batch = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Plan:
    """How long and how fast."""

    steps: int
    batch: int
    seconds: float = 6.4
    rate: float = 1e-3
    decay: float = 0.01
    seed: int = 0

    @property
    def frames(self) -> int:
        """Of an example: whole steps of every code."""
        return round(self.seconds * 25) // 4 * 4

    def rate_at(self, step: int) -> float:
        """Rises, then falls along a cosine."""
        return self.rate * min(1.0, (step + 1) / WARM) * (0.5 + 0.5 * math.cos(math.pi * step / self.steps)) + 1e-6


def fit(
    name: str,
    run: Path,
    module: nn.Module,
    plan: Plan,
    batches: Callable[[int], Iterator[Batch]],
    losses: Callable[[Batch], tuple[torch.Tensor, dict[str, float]]],
    check: Callable[[], dict[str, float]],
    progress: Progress,
) -> None:
    """Train `module` until plan.steps are done, from RUN/NAME.pt where that is there.

    `batches` begins at a step; `losses` gives what is minimised and what is said of it; `check` looks at what is held
    out. RUN/NAME.csv has both, and can be plotted while it grows.
    """
    run.mkdir(parents=True, exist_ok=True)
    device = next(module.parameters()).device
    optimiser = torch.optim.AdamW(module.parameters(), lr=plan.rate, weight_decay=plan.decay, betas=(0.9, 0.98))
    step, spent = _resume(run / f"{name}.pt", module, optimiser, device)
    examples = batches(step)
    began = saved = time.monotonic()
    while step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate_at(step)
        module.train()
        loss, said = losses(tuple(each.to(device) for each in next(examples)))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        step += 1
        minutes = (spent + time.monotonic() - began) / 60
        progress(step / plan.steps, ", ".join(f"{what} {value:.3f}" for what, value in said.items()))
        last = step == plan.steps
        if step % LOG == 0 or last:
            module.eval()
            found = check() if step % CHECK == 0 or last else {}
            said |= {f"held out {what}": value for what, value in found.items()}
            rows = [(step, round(minutes, 2), what, round(value, 4)) for what, value in said.items()]
            _log(run / f"{name}.csv", rows)
        if time.monotonic() - saved > SAVE or last:
            saved = time.monotonic()
            _checkpoint(run / f"{name}.pt", step, minutes * 60, module, optimiser)
    module.eval()


def _log(path: Path, rows: list[tuple[int, float, str, float]]) -> None:
    with path.open("a", newline="", encoding="utf-8") as file:
        if file.tell() == 0:
            csv.writer(file).writerow(("step", "minutes", "what", "value"))
        csv.writer(file).writerows(rows)


def _checkpoint(path: Path, step: int, spent: float, module: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    part = path.with_suffix(".part")
    state = {"step": step, "spent": spent, "module": module.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state, part)
    part.replace(path)


def _resume(path: Path, module: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device) -> tuple[int, float]:
    """(step, seconds spent) of the last checkpoint, which is loaded; (0, 0) without one."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    module.load_state_dict(state["module"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["spent"]
