# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-attention in a window, against the same written out."""

import pytest
import torch
from mien.engines.emodiffhead.attention import Nearby

REACH, HEADS, FRAMES = 5, 2, 72


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_each_frame_looks_at_the_sounds_nearby(stride: int) -> None:
    torch.manual_seed(stride)
    look = Nearby(16, 12, HEADS, REACH, stride)
    torch.nn.init.normal_(look.near)
    x, sound = torch.randn(2, FRAMES // stride, 16), torch.randn(2, FRAMES, 12)
    with torch.inference_mode():
        ask = look.ask(look.norm(x)).unflatten(-1, (HEADS, -1))
        offer = torch.nn.functional.pad(look.offer(sound), (0, 0, REACH, REACH + stride))
        key, value = offer.unflatten(-1, (2, HEADS, -1)).unbind(2)
        found = torch.zeros_like(ask)
        for i in range(FRAMES // stride):
            near = slice(stride * i, stride * i + 2 * REACH + stride)
            likeness = torch.einsum("bhd,bkhd->bhk", ask[:, i], key[:, near]) / ask.shape[-1] ** 0.5 + look.near
            found[:, i] = torch.einsum("bhk,bkhd->bhd", likeness.softmax(-1), value[:, near])
        torch.testing.assert_close(look(x, sound), x + look.leave(found.flatten(2)), rtol=0, atol=1e-5)
