# SPDX-License-Identifier: GPL-3.0-or-later
import motion_model
import pytest
import torch
from mien.engines.diffted.published.tps.dense_motion import (
    deformed_sources,
    heat_maps,
    softmax_without,
    transformations,
)
from tps_golden import needs_golden, pictures, recorded, tiny_model


@needs_golden
@torch.inference_mode()
@pytest.mark.parametrize("name", ["tiny_pipeline_bg0", "tiny_pipeline_bg1"])
def test_the_recorded_motion(name: str) -> None:
    golden, network = recorded(name), tiny_model().dense_motion_network
    small = network.down(pictures(golden)[0])
    motion = network(small, golden["kp_source"], golden["kp_driving"], golden.get("bg_param"))
    torch.testing.assert_close(motion.sources, golden["deformed_source"], rtol=0, atol=1e-4)
    torch.testing.assert_close(motion.contributions, golden["contribution_maps"], rtol=0, atol=1e-4)
    torch.testing.assert_close(motion.deformation, golden["deformation"], rtol=0, atol=1e-4)
    for i, occlusion in enumerate(motion.occlusion):
        torch.testing.assert_close(occlusion, golden[f"occlusion_map_{i}"], rtol=0, atol=1e-4)


@needs_golden
def test_the_recorded_steps_on_the_way() -> None:
    golden, network = recorded("unit_dense"), tiny_model().dense_motion_network
    points = golden["kp_source"], golden["kp_driving"]
    source = pictures(recorded("tiny_pipeline_bg1"))[0]
    torch.testing.assert_close(network.down(source), golden["low"], rtol=0, atol=1e-5)
    torch.testing.assert_close(heat_maps(*points, 64, 64), golden["heatmap"], rtol=0, atol=1e-5)
    transformed = transformations(*points, 64, 64, golden["bg_param"])
    torch.testing.assert_close(transformed, golden["transformations"], rtol=0, atol=1e-4)


@needs_golden
def test_the_recorded_dropout() -> None:
    """The published code divides by a sum that is 1e-6 larger."""
    golden = recorded("unit_dense")
    out = softmax_without(golden["dropout_X"], ~golden["dropout_keep"])
    torch.testing.assert_close(out, golden["dropout_out"], rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def points() -> torch.Tensor:
    return 1.6 * torch.rand((1, 50, 2), generator=torch.Generator().manual_seed(3)) - 0.8


def test_points_that_stay_have_no_heat_and_a_still_background(points: torch.Tensor) -> None:
    assert not heat_maps(points, points, 16, 16).any()
    small = torch.rand(1, 3, 16, 16)
    sources = deformed_sources(small, transformations(points, points, 16, 16))
    assert sources.shape == (1, 11, 3, 16, 16)
    torch.testing.assert_close(sources[:, 0], small, rtol=0, atol=1e-4)


def test_a_dropped_transformation_takes_no_part() -> None:
    maps, dropped = torch.rand(1, 3, 2, 2), torch.tensor([[True, True, False]])
    out = softmax_without(maps, dropped)
    assert not out[:, 1].any() and out[:, 0].all()  # the background's always does
    torch.testing.assert_close(out.sum(1), torch.ones(1, 2, 2), rtol=0, atol=1e-6)


@torch.inference_mode()
def test_motion_has_the_shapes_of_a_picture(points: torch.Tensor) -> None:
    network = motion_model.model().dense_motion_network
    motion = network(network.down(torch.rand(1, 3, 128, 256)), points, points.flip(1))
    assert motion.deformation.shape == (1, 32, 64, 2)
    torch.testing.assert_close(motion.contributions.sum(1), torch.ones(1, 32, 64), rtol=0, atol=1e-5)
    sizes = [tuple(each.shape[1:]) for each in motion.occlusion]
    assert sizes == [(1, 16, 32), (1, 32, 64), (1, 64, 128), (1, 128, 256)]
