# SPDX-License-Identifier: GPL-3.0-or-later
import motion_model
import numpy as np
import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.diffted.published.tps.modes import driving_points, hull_area, relative_points
from tps_golden import needs_golden, picture, recorded, tiny_model

MODEL = motion_model.model()
SOURCE = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 2))
DRIVING = np.random.default_rng(1).uniform(-0.8, 0.8, (3, 50, 2))


@needs_golden
@torch.inference_mode()
@pytest.mark.parametrize("mode", ["standard", "relative", "avd"])
def test_the_recorded_animation(mode: str) -> None:
    """Pictures are drawn from the recorded points: those of avd lie so close together that 5e-7 in a point, a usual
    rounding, is up to 1e-2 in a pixel."""
    golden, model = recorded("tiny_animation"), tiny_model()
    source = picture(str(golden["source_seed"]))
    frames = torch.cat([picture(str(name)) for name in golden["driving_seeds"]])
    first, detected = model.kp_detector(source), model.kp_detector(frames)
    torch.testing.assert_close(first, golden["kp_source"], rtol=0, atol=1e-5)
    torch.testing.assert_close(detected, golden["kp_driving"], rtol=0, atol=1e-5)
    points = torch.from_numpy(driving_points(mode, model, first[0].numpy(), detected.numpy())).float()
    expected = golden["kp_driving" if mode == "standard" else f"kp_{mode}"]
    torch.testing.assert_close(points, expected, rtol=0, atol=1e-5)
    recorded_pictures = golden[f"prediction_{mode}_u16"].astype(np.float32) / 65535
    for each, theirs in zip(expected, recorded_pictures, strict=True):
        drawn = model(source, first, each[None]).picture[0, :, ::2, ::2].numpy()
        np.testing.assert_allclose(drawn, theirs, rtol=0, atol=5e-4)


@needs_golden
def test_the_recorded_areas() -> None:
    golden = recorded("tiny_animation")
    assert hull_area(golden["kp_source"][0].numpy()) == pytest.approx(float(golden["area_source"]), rel=1e-6)
    assert hull_area(golden["kp_driving"][0].numpy()) == pytest.approx(float(golden["area_driving"]), rel=1e-6)


def test_absolute_points_stay_and_relative_ones_begin_at_the_photo() -> None:
    assert driving_points("standard", MODEL, SOURCE, DRIVING) is DRIVING
    relative = driving_points("relative", MODEL, SOURCE, DRIVING)
    np.testing.assert_allclose(relative[0], SOURCE)
    twice = relative_points(2 * SOURCE, DRIVING)  # of a person twice as large
    np.testing.assert_allclose(twice - 2 * SOURCE, 2 * (relative - SOURCE))


def test_disentangled_points_are_those_of_the_network() -> None:
    points = driving_points("avd", MODEL, SOURCE, DRIVING)
    assert points.shape == (3, 50, 2) and np.isfinite(points).all() and np.abs(points[0] - points[1]).max() > 1e-5


def test_what_cannot_be_done_is_refused_in_words() -> None:
    with pytest.raises(EngineError, match="no mode 'absolute'; it has standard, relative, avd"):
        driving_points("absolute", MODEL, SOURCE, DRIVING)
    without = motion_model.model()
    without.avd_network = None
    with pytest.raises(EngineError, match="has no avd_network; ask for the mode relative"):
        driving_points("avd", without, SOURCE, DRIVING)
    with pytest.raises(EngineError, match="lie on one line"):
        hull_area(np.zeros((50, 2)))
