# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.diffted.published.tps.dense_motion import DenseMotion
from mien.engines.diffted.published.tps.grid import coordinate_grid
from mien.engines.diffted.published.tps.inpainting import InpaintingNetwork, occlude
from tps_golden import needs_golden, pictures, recorded, tiny_model


def still(shown: float) -> DenseMotion:
    """A motion that is none, with maps of one value."""
    deformation = coordinate_grid(16, 16, torch.zeros(1))[None]
    occlusion = [torch.full((1, 1, side, side), shown) for side in (8, 16, 32, 64)]
    return DenseMotion(torch.zeros(1, 11, 3, 16, 16), torch.zeros(1, 11, 16, 16), deformation, occlusion)


@torch.inference_mode()
def test_what_the_source_shows_is_the_source_and_the_rest_is_drawn() -> None:
    torch.manual_seed(0)
    network, source = InpaintingNetwork(2, 16).eval(), torch.rand(1, 3, 64, 64)
    encoded = network.encode(source)
    assert [tuple(each.shape[1:]) for each in encoded] == [(2, 64, 64), (4, 32, 32), (8, 16, 16), (16, 8, 8)]
    shown, hidden = (network(source, encoded, still(value)) for value in (1.0, 0.0))
    torch.testing.assert_close(shown.picture, source, rtol=0, atol=1e-4)
    assert (hidden.picture - source).abs().mean() > 0.05 and not hidden.features[0].any()
    torch.testing.assert_close(hidden.deformed, source, rtol=0, atol=1e-4)


def test_a_map_of_another_size_fits() -> None:
    masked = occlude(torch.ones(1, 2, 8, 8), torch.full((1, 1, 4, 4), 0.5))
    torch.testing.assert_close(masked, torch.full((1, 2, 8, 8), 0.5), rtol=0, atol=1e-6)


@needs_golden
@torch.inference_mode()
@pytest.mark.parametrize("name", ["tiny_pipeline_bg0", "tiny_pipeline_bg1"])
def test_the_recorded_pictures(name: str) -> None:
    golden, model = recorded(name), tiny_model()
    source = pictures(golden)[0]
    drawing = model(source, golden["kp_source"], golden["kp_driving"], golden.get("bg_param"))
    torch.testing.assert_close(drawing.deformed, golden["deformed"], rtol=0, atol=5e-4)
    torch.testing.assert_close(drawing.picture, golden["prediction"], rtol=0, atol=5e-4)
    for i, features in enumerate(drawing.features):
        mean = features.abs().mean((2, 3))
        torch.testing.assert_close(mean, golden[f"warped_encoder_{i}_mean_abs"], rtol=0, atol=1e-4)
