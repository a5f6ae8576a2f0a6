# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides each number, and how large the networks are that are compared."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from kfusion import SMALL, inputs, network
from mien.engines.kfusion.landmark_space import MOUTH, MOVED, SIZE
from mien.engines.kfusion.network import KFusion, KFusionConfig
from torch import nn

FRAMES = 40
NOISE = torch.randn(1, FRAMES, SMALL.noise, generator=torch.Generator().manual_seed(1))
REST = torch.randn(1, MOVED, generator=torch.Generator().manual_seed(2))


def predicted(config=SMALL, rest=REST, noise=NOISE, **changes) -> torch.Tensor:
    arrays = dict(zip(("prosody", "phones", "style"), (torch.from_numpy(x)[None] for x in inputs(FRAMES)), strict=True))
    with torch.inference_mode():
        return network(config)(**arrays | changes, rest=rest, noise=noise)


def test_every_input_matters_and_noise_is_not_of_the_mouth() -> None:
    before = predicted()
    assert before.shape == (1, FRAMES, SIZE)
    for name, values in zip(("prosody", "phones", "style"), inputs(FRAMES), strict=True):
        assert not torch.equal(predicted(**{name: torch.from_numpy(values)[None] + 1}), before), name
    assert not torch.equal(predicted(rest=REST + 1), before)
    changed = predicted(noise=-NOISE) != before
    mouth = slice(3 * MOUTH.start, MOVED)
    assert not changed[..., mouth].any() and changed[..., : mouth.start].any() and changed[..., MOVED:].any()


def test_attention_is_over_time_and_each_example_is_alone() -> None:
    """The released code attends over the batch."""
    two = [torch.from_numpy(np.stack([x, -x])) for x in inputs(FRAMES)]
    with torch.inference_mode():
        both = network()(*two, REST.expand(2, -1), NOISE.expand(2, -1, -1))
    torch.testing.assert_close(both[:1], predicted(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("config", [KFusionConfig(), SMALL])
def test_the_mlp_that_is_compared_has_as_many_parameters_within_a_percent(config: KFusionConfig) -> None:
    def count(fusion: str) -> int:
        made = KFusion(replace(config, fusion=fusion))
        return sum(p.numel() for part in (made.face_fusion, made.mouth_fusion) for p in part.parameters())

    assert abs(count("mlp") / count("kan") - 1) < 0.01
    assert count("concat") < count("kan")
    assert isinstance(KFusion(replace(config, fusion="concat")).mouth_fusion, nn.Linear)


def test_an_unknown_fusion_is_named() -> None:
    with pytest.raises(ValueError, match="sum"):
        KFusionConfig.from_dict({"fusion": "sum"})
