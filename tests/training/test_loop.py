# SPDX-License-Identifier: GPL-3.0-or-later
"""The training loop on networks of a few numbers."""

import csv
from pathlib import Path

import pytest
import torch
from mien.engines.base import Cancelled
from mien.settings import SettingsError
from mien.training.loop import Training, TrainingConfig, mean_losses, run_training, weighted_sum
from mien.training.weight_average import WeightAverage
from torch import nn

CONFIG = TrainingConfig(steps=240, batch=4, rate=0.1)


def line_training(
    renew_at: int | None = None, average: bool = False, dropout: float = 0.0
) -> tuple[nn.Module, Training]:
    """A network of two numbers that learns y = 3 x + 1."""
    torch.manual_seed(0)
    network = nn.Linear(1, 1)
    noisy = nn.Dropout(dropout)

    def batches(first: int, slope: float = 3.0):
        step = first
        while True:
            x = torch.randn(4, 1, generator=torch.Generator().manual_seed(step))
            yield x, slope * x + 1
            step += 1

    def losses(batch, step: int):
        return {"square": (network(noisy(batch[0])) - batch[1]).square().mean()}

    mean = WeightAverage(nn.Linear(1, 1), network, 0.9) if average else None
    return network, Training(
        "line", network, batches, losses, lambda: {"square": 0.0}, average=mean,
        renewed=lambda step: batches(step, -3.0) if step == renew_at else None,
    )  # fmt: skip


def run(folder: Path, stop_at: int | None = None, config: TrainingConfig = CONFIG, **options) -> nn.Module:
    network, training = line_training(**options)

    def progress(done: float, stage: str) -> None:
        if stop_at is not None and done >= stop_at / config.steps:
            raise Cancelled

    run_training(training, config, folder, progress)
    return training.average.network if training.average else network


def weights_of(network: nn.Module) -> torch.Tensor:
    return torch.cat([parameters.detach().flatten() for parameters in network.parameters()])


def test_it_learns_and_logs(tmp_path: Path) -> None:
    slope, offset = weights_of(run(tmp_path)).tolist()
    assert slope == pytest.approx(3, abs=0.2) and offset == pytest.approx(1, abs=0.2)
    rows = list(csv.DictReader((tmp_path / "line.csv").open()))
    held_out = [row["step"] for row in rows if row["what"] == "held out square"]
    assert held_out == ["200", "240"] and [int(row["step"]) for row in rows][:3] == [20, 40, 60]


@pytest.mark.parametrize("average", [False, True])
def test_a_stopped_run_goes_on_with_the_same_batches_and_random_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, average: bool
) -> None:
    """One process, one thread, the same operations: equal to the last bit."""
    whole = run(tmp_path / "whole", average=average, dropout=0.2)
    monkeypatch.setattr("mien.training.loop.SAVE", -1)  # after every step
    with pytest.raises(Cancelled):
        run(tmp_path / "parts", stop_at=25, average=average, dropout=0.2)
    again = run(tmp_path / "parts", average=average, dropout=0.2)
    torch.testing.assert_close(weights_of(again), weights_of(whole), rtol=0, atol=0)


def test_batches_are_renewed_where_the_data_change(tmp_path: Path) -> None:
    slope, _ = weights_of(run(tmp_path, renew_at=60)).tolist()
    assert slope == pytest.approx(-3, abs=0.2)


def test_a_run_that_ended_is_only_made_longer(tmp_path: Path) -> None:
    few = TrainingConfig(steps=4, batch=4)
    first = weights_of(run(tmp_path, config=few))
    torch.testing.assert_close(weights_of(run(tmp_path, config=few)), first, rtol=0, atol=0)
    assert not torch.equal(weights_of(run(tmp_path, config=TrainingConfig(steps=8, batch=4))), first)
    with pytest.raises(SettingsError, match="has 8 steps already, and 4 were asked for"):
        run(tmp_path, config=few)


def test_the_rate_rises_and_falls() -> None:
    config = TrainingConfig(steps=1000, batch=1, rate=1e-3)
    rates = [config.rate_at(step) for step in (0, 50, 99, 500, 999)]
    assert rates[0] < rates[1] < rates[2] and rates[2] > rates[3] > rates[4] > 0
    assert config.frames % 4 == 0


def test_losses_are_summed_by_weight_and_averaged_over_batches() -> None:
    losses = {"a": torch.tensor(2.0), "b": torch.tensor(3.0)}
    assert float(weighted_sum(losses, {"b": 0.5})) == 3.5
    batches = [(torch.tensor(1.0),), (torch.tensor(4.0),)]
    assert mean_losses(batches, lambda batch: {"a": batch[0]}) == {"a": 2.5}
    assert mean_losses([], lambda batch: {"a": batch[0]}) == {}
