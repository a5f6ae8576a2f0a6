# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.numeric.srgb import linear, srgb


def test_srgb_there_and_back() -> None:
    values = np.linspace(0, 1, 50)
    assert np.allclose(srgb(linear(values)), values, atol=1e-6)
