# SPDX-License-Identifier: GPL-3.0-or-later
"""The bounded least squares against SciPy's, and in what SciPy is too slow for: many frames that hang together."""

from __future__ import annotations

import numpy as np
import pytest
from mien.numeric import bounded_least_squares
from mien.numeric.bounded_least_squares import SolveError, solve
from scipy.optimize import lsq_linear

SEEDED = np.random.default_rng(8)
BASIS = SEEDED.normal(size=(9, 40))
BASIS[1] = -BASIS[0] + 0.05 * BASIS[1]  # nearly opposite channels, as eyeLookIn and eyeLookOut
GRAM = BASIS @ BASIS.T


def wanted(frames: int, seed: int = 1) -> np.ndarray:
    """Targets that no weights between 0 and 1 reach."""
    seeded = np.random.default_rng(seed)
    return seeded.uniform(-0.5, 1.5, (frames, 9)) @ BASIS + seeded.normal(0, 0.5, (frames, 40))


def test_every_frame_alone_is_as_scipy_solves_it() -> None:
    targets = wanted(30)
    found = solve(GRAM, targets @ BASIS.T, smooth=1e-12)
    for target, weights in zip(targets, found, strict=True):
        best = lsq_linear(BASIS.T, target, (0, 1), tol=1e-14).x
        np.testing.assert_allclose(weights, best, rtol=0, atol=1e-5)
    assert found.min() == 0 and found.max() == 1
    assert ((found > 0) & (found < 1)).any()


@pytest.mark.parametrize("smooth", [0.1, 10.0])
def test_frames_that_hang_together_are_as_scipy_solves_them_at_once(smooth) -> None:
    targets, frames = wanted(7), 7
    steps = np.kron(np.diff(np.eye(frames), axis=0), np.eye(9)) * np.sqrt(smooth)
    matrix = np.concatenate([np.kron(np.eye(frames), BASIS.T), steps])
    right = np.concatenate([targets.ravel(), np.zeros(len(steps))])
    best = lsq_linear(matrix, right, (0, 1), tol=1e-14).x.reshape(frames, 9)
    np.testing.assert_allclose(solve(GRAM, targets @ BASIS.T, smooth), best, rtol=0, atol=1e-5)


def test_weights_that_were_there_come_back() -> None:
    weights = np.clip(SEEDED.uniform(-0.4, 1.4, (50, 9)), 0, 1)
    np.testing.assert_allclose(solve(GRAM, weights @ GRAM, 1e-10), weights, rtol=0, atol=1e-6)


def test_windows_do_not_show(monkeypatch) -> None:
    products = wanted(120) @ BASIS.T
    whole = solve(GRAM, products, 1.0)
    monkeypatch.setattr(bounded_least_squares, "WINDOW", 25)
    np.testing.assert_allclose(solve(GRAM, products, 1.0), whole, rtol=0, atol=1e-5)


def test_one_frame_and_one_channel() -> None:
    for product, weight in ((1.0, 0.5), (-1.0, 0.0), (7.0, 1.0)):
        np.testing.assert_allclose(solve(np.array([[2.0]]), np.array([[product]]), 1.0), [[weight]])
    single = solve(GRAM, wanted(1) @ BASIS.T, 1.0)
    np.testing.assert_allclose(single[0], lsq_linear(BASIS.T, wanted(1)[0], (0, 1), tol=1e-14).x, atol=1e-5)


def test_steps_that_do_not_settle_are_said(monkeypatch) -> None:
    monkeypatch.setattr(bounded_least_squares, "STEPS", 1)
    with pytest.raises(SolveError, match="of 40 frames did not settle in 1 steps"):
        solve(GRAM, wanted(40) @ BASIS.T, 1.0)
