# SPDX-License-Identifier: GPL-3.0-or-later
"""The solver on data whose best prediction and whose flow are known."""

import pytest
import torch
from mien.engines.emodiffhead.noise_schedule import noise, signal
from mien.engines.emodiffhead.solver import solve, times

SPREAD = 0.5  # of normal data: a noisy x at time t came from signal SPREAD^2 x / (signal^2 SPREAD^2 + noise^2)
Z = torch.randn(1000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def variance(t: torch.Tensor) -> torch.Tensor:
    return signal(t) ** 2 * SPREAD**2 + noise(t) ** 2


def predict(x: torch.Tensor, t: float) -> torch.Tensor:
    at = torch.tensor(t, dtype=torch.float64)
    return signal(at) * SPREAD**2 * x / variance(at)


def error(steps: int) -> float:
    """From the exact end of the flow, which keeps every sample at its quantile."""
    start = torch.sqrt(variance(times(steps)[0])) * Z
    return float((solve(predict, start, steps) - SPREAD * Z).abs().max())


def test_twenty_steps_are_near_the_end_of_the_flow_and_more_are_nearer() -> None:
    errors = [error(steps) for steps in (5, 10, 20, 80)]
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < 0.005 * float(Z.abs().max()) and errors[1] > 4 * errors[2]


def test_one_step_is_the_prediction() -> None:
    x = torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(solve(lambda x, t: 7 * x, x, 1), 7 * x)


def test_what_is_known_all_along_comes_out_and_its_noise_goes_as_the_schedule_says() -> None:
    known, times_of_calls = torch.full((4,), 0.3, dtype=torch.float64), []
    drawn = torch.randn(4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    t = times(8)

    def predict(x: torch.Tensor, at: float) -> torch.Tensor:
        times_of_calls.append((at, x))
        return known

    assert torch.equal(solve(predict, signal(t[0]) * known + noise(t[0]) * drawn, 8), known)
    for at, x in times_of_calls:
        at = torch.tensor(at, dtype=torch.float64)
        torch.testing.assert_close(x, signal(at) * known + noise(at) * drawn)


def test_no_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="in 0 steps"):
        solve(predict, Z, 0)
