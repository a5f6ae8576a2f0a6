# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.body_tracking.detector import PoseDetector, region_of


def test_a_region_stands_on_its_centre_and_turns_with_the_body() -> None:
    upright = region_of(np.array([100.0, 80.0]), np.array([100.0, 40.0]))
    assert (upright.x, upright.y, upright.width, upright.angle) == pytest.approx((100, 80, 100, 0))
    leaning = region_of(np.array([100.0, 80.0]), np.array([140.0, 80.0]))
    assert leaning.angle == pytest.approx(np.pi / 2)  # clockwise as seen


@pytest.mark.parametrize("shape", [(5, 5), (1, 300), (400, 300)])
def test_nobody_is_in_plain_pictures(shape) -> None:
    assert PoseDetector()(np.full((*shape, 3), 128, np.uint8)) == []
