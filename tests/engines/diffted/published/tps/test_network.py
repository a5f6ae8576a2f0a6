# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import motion_model
import pytest
import torch
from mien.engines.diffted.published.tps.network import MotionModel, Sizes
from tps_golden import keys, needs_golden

PARAMETERS = {  # of the official networks
    "inpainting_network": 24_737_283,
    "kp_detector": 11_227_812,
    "bg_predictor": 11_188_998,
    "dense_motion_network": 37_941_397,
    "avd_network": 2_583_652,
}


def shapes(model: MotionModel) -> dict[str, str]:
    return {key.replace(".", "/", 1): str(tuple(tensor.shape)) for key, tensor in model.state_dict().items()}


@pytest.fixture(scope="module")
def published() -> MotionModel:
    with torch.device("meta"):
        return MotionModel(Sizes())


def test_it_is_as_large_as_published(published: MotionModel) -> None:
    counted = {name: sum(p.numel() for p in child.parameters()) for name, child in published.named_children()}
    assert counted == PARAMETERS and sum(counted.values()) == 87_679_142


@needs_golden
def test_the_weights_have_the_recorded_names_and_shapes(published: MotionModel) -> None:
    assert shapes(published) == keys("keys_full_ted-384.txt")
    with torch.device("meta"):
        tiny = MotionModel(Sizes(10, 8, 8, 64, 8, 64, avatar=(8, 8)))
    assert shapes(tiny) == keys("keys_tiny.txt")


def test_networks_that_a_checkpoint_lacks_are_not_there() -> None:
    with torch.device("meta"):
        model = MotionModel(replace(motion_model.TINY, background=False, avatar=None))
    assert sorted(motion_model.parts(model)) == ["dense_motion_network", "inpainting_network", "kp_detector"]


@torch.inference_mode()
def test_a_picture_is_moved() -> None:
    model, source = motion_model.model(), torch.rand(1, 3, 128, 128)
    points = model.kp_detector(source)
    one, two = (model(source, points, points + shift).picture for shift in (0.0, 0.2))
    assert one.shape == source.shape and one.min() >= 0 and one.max() <= 1 and (one - two).abs().max() > 1e-3
