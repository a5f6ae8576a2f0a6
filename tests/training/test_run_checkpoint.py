# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: what is saved comes back, what does not belong to the run is refused in words."""

from pathlib import Path

import pytest
import torch
from mien.files.safetensors import write_tensors
from mien.settings import SettingsError
from mien.training.run_checkpoint import RunCheckpoint
from mien.training.weight_average import WeightAverage
from torch import nn

SETTINGS = {"steps": 9, "rate": 0.1, "blocks": (1, 2)}


class Run:
    """A network of six numbers, its optimiser and its mean weights."""

    def __init__(self, path: Path, seed: int) -> None:
        torch.manual_seed(seed)
        self.checkpoint = RunCheckpoint(path)
        self.network = nn.Linear(2, 2)
        self.optimiser = torch.optim.AdamW(self.network.parameters())
        self.average = WeightAverage(nn.Linear(2, 2), self.network, 0.9)

    def step(self) -> None:
        self.network(torch.rand(1, 2)).sum().backward()
        self.optimiser.step()
        self.average.update(self.network, 1)

    def resume(self, settings: dict) -> tuple[int, float]:
        return self.checkpoint.resume(self.network, self.optimiser, self.average, settings)


@pytest.fixture
def saved(tmp_path: Path) -> Run:
    """A run of one step with its checkpoint."""
    run = Run(tmp_path / "run" / "x.pt", 0)
    run.step()
    run.checkpoint.save(1, 2.5, run.network, run.optimiser, run.average, SETTINGS)
    return run


def test_a_run_comes_back_with_its_random_numbers(saved: Run) -> None:
    drawn = torch.rand(3)
    again = Run(saved.checkpoint.path, 7)
    assert again.resume(SETTINGS | {"steps": 20, "blocks": [1, 2]}) == (1, 2.5)
    for mine, theirs in ((again.network, saved.network), (again.average.network, saved.average.network)):
        assert all(map(torch.equal, mine.parameters(), theirs.parameters()))
    moments = [run.optimiser.state_dict()["state"][0]["exp_avg"] for run in (again, saved)]
    assert torch.equal(*moments)
    again.checkpoint.restore_random_state()
    assert torch.equal(torch.rand(3), drawn)
    assert [path.name for path in saved.checkpoint.path.parent.iterdir()] == ["x.pt"]


def test_without_a_checkpoint_a_run_begins(tmp_path: Path) -> None:
    run = Run(tmp_path / "x.pt", 0)
    assert run.resume(SETTINGS) == (0, 0.0)
    state = torch.get_rng_state()
    run.checkpoint.restore_random_state()
    assert torch.equal(torch.get_rng_state(), state)


def test_a_checkpoint_from_before_settings_and_random_numbers_were_saved_goes_on(saved: Run) -> None:
    state = torch.load(saved.checkpoint.path, weights_only=True)
    torch.save({name: state[name] for name in ("step", "spent", "module", "optimiser", "mean")}, saved.checkpoint.path)
    assert Run(saved.checkpoint.path, 7).resume(SETTINGS) == (1, 2.5)


def test_modules_are_named_in_the_file_as_they_were_once_called(saved: Run) -> None:
    file = saved.checkpoint.path
    named = Run(file, 7)
    named.checkpoint = RunCheckpoint(file, {"weight": "old"})
    named.checkpoint.save(1, 2.5, saved.network, saved.optimiser, saved.average, SETTINGS)
    state = torch.load(file, weights_only=True)
    assert list(state["module"]) == list(state["mean"]) == ["old", "bias"]
    named.resume(SETTINGS)
    assert torch.equal(named.network.weight, saved.network.weight)


def test_another_setting_and_fewer_steps_are_refused_by_name(saved: Run) -> None:
    with pytest.raises(SettingsError, match=r"run was begun with another rate \(0.1, not 0.2\)"):
        saved.resume(SETTINGS | {"rate": 0.2})
    with pytest.raises(SettingsError, match="run has 1 steps already, and 0 were asked for"):
        saved.resume(SETTINGS | {"steps": 0})


@pytest.mark.parametrize("data", [b"", b"nothing", write_tensors({}, {"format": "mien.take"})])
def test_a_damaged_checkpoint_is_named_and_says_what_to_do(saved: Run, data: bytes) -> None:
    saved.checkpoint.path.write_bytes(data)
    with pytest.raises(SettingsError, match=r"x.pt cannot be read .*; delete it to begin again"):
        saved.resume(SETTINGS)


def test_a_checkpoint_cut_short_is_refused(saved: Run) -> None:
    data = saved.checkpoint.path.read_bytes()
    saved.checkpoint.path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SettingsError, match="cannot be read"):
        saved.resume(SETTINGS)


def test_a_checkpoint_of_another_network_is_refused(saved: Run) -> None:
    torch.save({"step": 1, "spent": 0.0, "module": nn.Linear(3, 1).state_dict()}, saved.checkpoint.path)
    with pytest.raises(SettingsError, match="cannot be read"):
        saved.resume(SETTINGS)


def test_a_checkpoint_that_would_run_code_is_refused(saved: Run, tmp_path: Path) -> None:
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "touched",)

    torch.save({"step": 1, "spent": 0.0, "module": Touch()}, saved.checkpoint.path)
    with pytest.raises(SettingsError, match="cannot be read"):
        saved.resume(SETTINGS)
    assert not (tmp_path / "touched").exists()
