# SPDX-License-Identifier: GPL-3.0-or-later
"""The training loop on a network of two numbers."""

import csv
from pathlib import Path

import pytest
import torch
from mien.engines.base import Cancelled
from mien.training.loop import Plan, fit
from torch import nn

PLAN = Plan(steps=240, batch=4, rate=0.1)


def run(folder: Path, stop_at: int | None = None) -> nn.Linear:
    torch.manual_seed(0)
    network = nn.Linear(1, 1)

    def batches(first: int):
        step = first
        while True:
            x = torch.randn(4, 1, generator=torch.Generator().manual_seed(step))
            yield x, 3 * x + 1
            step += 1

    def losses(batch):
        off = (network(batch[0]) - batch[1]).square().mean()
        return off, {"square": float(off.detach())}

    def progress(done: float, stage: str) -> None:
        if stop_at is not None and done >= stop_at / PLAN.steps:
            raise Cancelled

    fit("line", folder, network, PLAN, batches, losses, lambda: {"square": 0.0}, progress)
    return network


def test_it_learns_and_logs(tmp_path: Path) -> None:
    network = run(tmp_path)
    assert network.weight.item() == pytest.approx(3, abs=0.2) and network.bias.item() == pytest.approx(1, abs=0.2)
    rows = list(csv.DictReader((tmp_path / "line.csv").open()))
    held_out = [row["step"] for row in rows if row["what"] == "held out square"]
    assert held_out == ["200", "240"] and [int(row["step"]) for row in rows][:3] == [20, 40, 60]


def test_a_run_that_was_stopped_goes_on_as_if_it_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(tmp_path / "whole")
    monkeypatch.setattr("mien.training.loop.SAVE", -1)  # after every step
    with pytest.raises(Cancelled):
        run(tmp_path / "parts", stop_at=25)
    again = run(tmp_path / "parts")
    torch.testing.assert_close(again.weight, whole.weight, rtol=0, atol=0)


def test_the_rate_rises_and_falls() -> None:
    plan = Plan(steps=1000, batch=1, rate=1e-3)
    rates = [plan.rate_at(step) for step in (0, 50, 99, 500, 999)]
    assert rates[0] < rates[1] < rates[2] and rates[2] > rates[3] > rates[4] > 0
    assert plan.frames % 4 == 0
