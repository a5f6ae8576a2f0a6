# SPDX-License-Identifier: GPL-3.0-or-later
"""The cosine schedule."""

import math

import torch
from mien.engines.emodiffhead.noise_schedule import OFFSET, START, diffused, noise, signal


def test_signal_and_noise_make_one() -> None:
    t = torch.linspace(0, 1, 101, dtype=torch.float64)
    torch.testing.assert_close(signal(t).square() + noise(t).square(), torch.ones_like(t))
    assert signal(t[:1]) == 1 and noise(t[:1]) == 0 and abs(float(signal(t[-1:]))) < 1e-12
    assert (signal(t).diff() < 0).all() and (noise(t).diff() > 0).all()
    assert 0 < float(signal(torch.tensor(START))) < 0.002


def test_it_is_that_of_nichol_and_dhariwal() -> None:
    """Their equation 17: the squared signal is f(t) / f(0), f(t) = cos((t + s) / (1 + s) * pi / 2)^2."""

    def f(t: float) -> float:
        return math.cos((t + OFFSET) / (1 + OFFSET) * math.pi / 2) ** 2

    for t in (0.1, 0.5, 0.9):
        assert math.isclose(float(signal(torch.tensor(t, dtype=torch.float64))) ** 2, f(t) / f(0))


def test_a_motion_comes_back_when_its_noise_is_known() -> None:
    motion, drawn = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    t = torch.tensor([0.0, 0.3, 0.95], dtype=torch.float64)
    noisy = diffused(motion, t, drawn)
    back = (noisy - noise(t)[:, None, None] * drawn) / signal(t)[:, None, None]
    torch.testing.assert_close(back, motion)
    torch.testing.assert_close(noisy[0], motion[0])
    velocity = signal(t)[:, None, None] * drawn - noise(t)[:, None, None] * motion  # of Salimans & Ho 2022
    torch.testing.assert_close(signal(t)[:, None, None] * noisy - noise(t)[:, None, None] * velocity, motion)
