# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.diffted.published.tps.background import BackgroundPredictor
from tps_golden import needs_golden, pictures, recorded, tiny_model


def test_the_last_row_is_that_of_an_affine_map() -> None:
    motion = BackgroundPredictor(2).eval()(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    assert motion.shape == (2, 3, 3) and motion[:, 2].tolist() == [[0, 0, 1]] * 2


@needs_golden
@torch.inference_mode()
def test_the_recorded_motion_of_the_background() -> None:
    golden, predictor = recorded("tiny_pipeline_bg1"), tiny_model().bg_predictor
    assert predictor is not None
    torch.testing.assert_close(predictor(*pictures(golden)), golden["bg_param"], rtol=0, atol=1e-5)
