# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.numeric.smoothstep import smoothstep


def test_it_rises_from_start_to_end_and_is_flat_there() -> None:
    values = np.linspace(1.0, 5.0, 401, dtype=np.float32)
    step = smoothstep(values, 2.0, 4.0)
    assert step.dtype == np.float32
    assert (step[values <= 2] == 0).all()
    assert (step[values >= 4] == 1).all()
    assert (np.diff(step) >= 0).all()
    assert abs(float(smoothstep(3.0, 2.0, 4.0)) - 0.5) < 1e-6
    slope = np.gradient(step, values)
    assert slope[102] < 0.1 < slope[200]
    assert slope[298] < 0.1


def test_it_falls_where_the_end_comes_first() -> None:
    values = np.linspace(0, 1, 11)
    assert np.allclose(smoothstep(values, 0.8, 0.2), 1 - smoothstep(values, 0.2, 0.8))
