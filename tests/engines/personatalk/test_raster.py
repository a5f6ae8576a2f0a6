# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.engines.personatalk.raster import rasterise

SQUARE = np.array([[1.0, 1], [9, 1], [9, 7], [1, 7]])
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def test_a_linear_function_is_interpolated_exactly() -> None:
    coverage = rasterise(SQUARE, HALVES, (9, 12))
    values = coverage.interpolate(HALVES, SQUARE @ [[2.0], [3.0]] + 1)
    down, across = np.mgrid[:9, :12]
    inside = (across >= 1) & (across <= 9) & (down >= 1) & (down <= 7)
    np.testing.assert_array_equal(coverage.triangle >= 0, inside)
    np.testing.assert_allclose(values[inside, 0], (2 * across + 3 * down + 1)[inside], rtol=1e-5)
    assert np.isnan(values[~inside]).all()


def test_the_nearest_triangle_counts() -> None:
    twice = np.concatenate([SQUARE, SQUARE])
    mesh = np.concatenate([HALVES, HALVES + 4])
    near_first = rasterise(twice, mesh, (9, 12), depth=np.repeat([0.0, 1.0], 4))
    near_last = rasterise(twice, mesh, (9, 12), depth=np.repeat([1.0, 0.0], 4))
    assert set(near_first.triangle[near_first.triangle >= 0]) <= {0, 1}
    assert set(near_last.triangle[near_last.triangle >= 0]) <= {2, 3}


def test_what_lies_outside_or_has_no_area_covers_nothing() -> None:
    assert (rasterise(SQUARE - 50, HALVES, (9, 12)).triangle == -1).all()
    assert (rasterise(SQUARE * [1, 0], HALVES, (9, 12)).triangle == -1).all()
