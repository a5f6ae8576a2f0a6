# SPDX-License-Identifier: GPL-3.0-or-later
"""Local cross-attention against the same written out."""

import pytest
import torch
from mien.engines.emodiffhead.attention import LocalCrossAttention

CONTEXT, HEADS, FRAMES = 5, 2, 72


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_each_frame_attends_to_the_audio_nearby(stride: int) -> None:
    torch.manual_seed(stride)
    layer = LocalCrossAttention(16, 12, HEADS, CONTEXT, stride)
    torch.nn.init.normal_(layer.distance_bias)
    x, audio = torch.randn(2, FRAMES // stride, 16), torch.randn(2, FRAMES, 12)
    with torch.inference_mode():
        query = layer.query(layer.norm(x)).unflatten(-1, (HEADS, -1))
        key_value = torch.nn.functional.pad(layer.key_value(audio), (0, 0, CONTEXT, CONTEXT + stride))
        key, value = key_value.unflatten(-1, (2, HEADS, -1)).unbind(2)
        attended = torch.zeros_like(query)
        for i in range(FRAMES // stride):
            near = slice(stride * i, stride * i + 2 * CONTEXT + stride)
            scores = (
                torch.einsum("bhd,bkhd->bhk", query[:, i], key[:, near]) / query.shape[-1] ** 0.5 + layer.distance_bias
            )
            attended[:, i] = torch.einsum("bhk,bkhd->bhd", scores.softmax(-1), value[:, near])
        torch.testing.assert_close(layer(x, audio), x + layer.output(attended.flatten(2)), rtol=0, atol=1e-5)
