# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import probtalk3d
import pytest
from mien.engines.probtalk3d_published.flame_motion import to_flame


def test_nought_and_one_are_the_published_limits() -> None:
    low, high = to_flame(np.zeros((2, 53), np.float32)), to_flame(np.ones((2, 53), np.float32))
    assert low.shape == (2, 403) and low.dtype == np.float64
    assert (low[:, 300:350] == -3).all() and (high[:, 300:350] == 3).all()
    np.testing.assert_allclose(low[:, 400:], -0.1)
    np.testing.assert_allclose(high[:, 400:], 0.5)
    for flame in (low, high):
        assert (flame[:, :300] == 0).all() and (flame[:, 350:400] == 0).all()


def test_beyond_the_limits_nothing_is_clipped() -> None:
    motion = np.random.default_rng(0).normal(0.5, 2, (1, 7, 53)).astype(np.float32)
    flame, exact = to_flame(motion), motion.astype(np.float64)
    np.testing.assert_allclose(flame[..., 300:350], 6 * exact[..., :50] - 3, rtol=0, atol=1e-12)
    np.testing.assert_allclose(flame[..., 400:], 0.6 * exact[..., 50:] - 0.1, rtol=0, atol=1e-12)


@probtalk3d.needs_golden
@pytest.mark.parametrize("case", probtalk3d.CASES)
def test_motion_out_of_the_network_is_the_recorded(case: str) -> None:
    wanted = probtalk3d.recorded(2, case)
    found = to_flame(wanted["motion_norm"])
    assert found.dtype == wanted["motion_403"].dtype
    probtalk3d.close(found, wanted["motion_403"], 1e-5)
