# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.diffted.published.tps.key_points import KeyPointDetector
from tps_golden import needs_golden, pictures, recorded, tiny_model


def test_points_are_within_the_picture() -> None:
    points = KeyPointDetector(groups=4, width=2).eval()(torch.rand(2, 3, 64, 64))
    assert points.shape == (2, 20, 2) and points.abs().max() < 1


@needs_golden
@torch.inference_mode()
def test_the_recorded_points() -> None:
    for name in ("tiny_pipeline_bg0", "tiny_pipeline_bg1"):
        golden = recorded(name)
        source, driving = pictures(golden)
        torch.testing.assert_close(tiny_model().kp_detector(source), golden["kp_source"], rtol=0, atol=1e-5)
        torch.testing.assert_close(tiny_model().kp_detector(driving), golden["kp_driving"], rtol=0, atol=1e-5)
