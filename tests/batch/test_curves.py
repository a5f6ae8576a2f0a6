# SPDX-License-Identifier: GPL-3.0-or-later
"""Three curves of a take of any kind."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from mien.batch.curves import POINTS, aperture_of, curves_of, weights_of
from mien.channels import INDEX
from mien.heads.default import load_head
from mien.heads.retarget import to_basis
from mien.take import Take


def take(frames: int = 50) -> Take:
    """The jaw opens, one brow rises, the head turns."""
    ramp = np.linspace(0, 1, frames, dtype=np.float32)
    weights = np.stack([0.6 * ramp, ramp], 1)
    turned = np.stack([np.zeros(frames), 0.2 * ramp, np.zeros(frames)], 1).astype(np.float32)
    meta = dict(load_head().take_meta)
    return Take(Fraction(25), Fraction(frames, 25), turned, ("jawOpen", "browInnerUp"), weights, meta=meta)


def test_channels_are_put_in_order() -> None:
    weights = weights_of(take())
    assert weights.shape == (50, 52) and weights[-1, INDEX["jawOpen"]] == pytest.approx(0.6)
    assert weights.sum() == pytest.approx(take().weights.sum())


def test_curves_say_what_the_face_does() -> None:
    curves = curves_of(take(), aperture_of(take()))
    assert all(np.all(np.diff(values) >= 0) for values in curves.values())
    assert curves["brows"][-1] == pytest.approx(1 / 3, abs=0.01)
    assert curves["head"][-1] == pytest.approx(np.degrees(0.2), abs=0.01)
    assert curves["lips"][0] == pytest.approx(1.3, abs=0.2) and curves["lips"][-1] > 8


def test_a_long_take_has_few_points() -> None:
    long = take(2000)
    assert {len(values) for values in curves_of(long, aperture_of(long)).values()} == {POINTS}


def test_vertices_are_turned_into_channels() -> None:
    moved = to_basis(take(), load_head())
    assert moved.weights is None
    assert np.abs(aperture_of(moved) - aperture_of(take())).max() < 0.001
