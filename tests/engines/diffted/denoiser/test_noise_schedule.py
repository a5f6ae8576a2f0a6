# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.diffted.denoiser.noise_schedule import STEPS, diffused, noise, signal, solve


def test_motion_and_noise_share_the_variance() -> None:
    t = torch.linspace(0, 1, 11)
    torch.testing.assert_close(signal(t) ** 2 + noise(t) ** 2, torch.ones(11))
    assert signal(t)[0] == 1 and noise(t)[0] == 0 and signal(t)[-1].abs() < 1e-6
    motion, drawn = torch.ones(2, 3, 4), torch.full((2, 3, 4), 2.0)
    mixed = diffused(motion, torch.tensor([0.0, 1.0]), drawn)
    torch.testing.assert_close(mixed[0], motion[0])
    torch.testing.assert_close(mixed[1], drawn[1])


def test_a_normal_distribution_is_sampled_as_wide_as_it_is() -> None:
    """The best prediction of a normal motion of deviation s is known: signal s^2 / (signal^2 s^2 + noise^2) x."""
    spread, start = 0.5, torch.randn(20000, generator=torch.Generator().manual_seed(0))

    def predict(x: torch.Tensor, t: float) -> torch.Tensor:
        a, s = float(signal(torch.tensor(t))), float(noise(torch.tensor(t)))
        return a * spread**2 / (a**2 * spread**2 + s**2) * x

    assert float(solve(predict, start, STEPS).std()) == pytest.approx(spread, rel=0.15)
    assert float(solve(predict, start, 200).std()) == pytest.approx(spread, rel=0.02)


def test_no_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="0 steps"):
        solve(lambda x, t: x, torch.zeros(1), 0)
