# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving vertices a few frames at a time, and as few shapes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from mien.heads.vertex_motion import BLOCK, SAMPLED, VertexMotion, blocks, principal_shapes
from mien.take import Take

SEEDED = np.random.default_rng(0)
SHAPES = SEEDED.normal(0, 0.01, (4, 30, 3)).astype(np.float32)


def take(frames: int, **fields) -> Take:
    still = np.zeros((frames, 3), np.float32)
    return Take(fps=Fraction(25), duration=Fraction(frames, 25), head_rotation=still, **fields)


def test_a_basis_and_what_it_makes_move_alike() -> None:
    coefficients = SEEDED.normal(size=(7, 4)).astype(np.float32)
    whole = np.tensordot(coefficients, SHAPES, 1)
    of_basis = VertexMotion.of(take(7, basis=SHAPES, coefficients=coefficients))
    of_offsets = VertexMotion.of(take(7, offsets=whole))
    assert len(of_basis) == len(of_offsets) == 7 and of_basis.vertices == of_offsets.vertices == 30
    for rows in (slice(None), slice(2, 4), np.array([6, 0])):
        np.testing.assert_allclose(of_basis.at(rows), whole[rows], atol=1e-8)
        np.testing.assert_array_equal(of_offsets.at(rows), whole[rows])
    turned = of_basis.mapped(lambda offsets: offsets[:, 5:9, ::-1])
    np.testing.assert_allclose(turned.at(slice(None)), whole[:, 5:9, ::-1], atol=1e-8)


def test_blocks_are_every_frame_once() -> None:
    for frames in (1, BLOCK, 3 * BLOCK + 1):
        assert [i for rows in blocks(frames) for i in range(frames)[rows]] == list(range(frames))


def test_as_many_shapes_as_there_are_movements() -> None:
    """Four, and noise of a micrometre that a tenth of a millimetre does not ask for."""
    mixes = SEEDED.normal(size=(450, 4))
    moved = np.tensordot(mixes, SHAPES, 1) + SEEDED.normal(0, 1e-6, (450, 30, 3))
    shapes, coefficients, error = principal_shapes(lambda rows: moved[rows], 450, 0.0001)
    assert shapes.shape == (4, 30, 3) and np.abs(coefficients).max() == pytest.approx(1)
    away = np.linalg.norm(np.tensordot(coefficients, shapes, 1) - moved, axis=-1).max()
    assert error == pytest.approx(away, rel=0.01) and error < 0.0001


def test_a_movement_in_a_frame_that_was_not_drawn_is_found() -> None:
    frames = 3 * SAMPLED
    moved = np.zeros((frames, 30, 3), np.float32)
    moved[:, 0, 0] = np.sin(np.arange(frames)) * 0.01
    moved[1, 7, 1] = 0.02
    assert 1 not in np.linspace(0, frames - 1, SAMPLED).astype(int)
    shapes, coefficients, error = principal_shapes(lambda rows: moved[rows], frames, 0.0001)
    assert len(shapes) == 2 and error < 0.0001


def test_no_movement_is_one_shape_of_nothing() -> None:
    shapes, coefficients, error = principal_shapes(lambda rows: np.zeros((5, 30, 3), np.float32)[rows], 5, 0.0001)
    assert shapes.shape == (1, 30, 3) and not shapes.any() and not coefficients.any() and error == 0
