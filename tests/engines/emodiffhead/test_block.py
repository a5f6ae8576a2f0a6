# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditional residual block."""

import torch
from emodiffhead import network
from mien.engines.emodiffhead.block import Block
from mien.nn import convnext

RANDOM = torch.Generator().manual_seed(0)


def test_at_first_it_is_a_plain_block() -> None:
    torch.manual_seed(0)
    conditional, plain = Block(8, 5, 3, 4), convnext.Block(8, 5, 2)
    plain.load_state_dict(conditional.state_dict(), strict=False)
    x, condition, expression = (torch.randn(2, 9, width, generator=RANDOM) for width in (8, 3, 4))
    torch.testing.assert_close(conditional(x, condition, expression), plain(x))


def test_a_frame_is_modulated_by_its_own_conditions_alone() -> None:
    block = network().down[0].blocks[0]
    x, condition, expression = (torch.randn(1, 9, width, generator=RANDOM) for width in (32, 16, 53))
    with torch.inference_mode():
        before = block(x, condition, expression)
        for changed in ("condition", "expression"):
            other = {"condition": condition.clone(), "expression": expression.clone()}
            other[changed][0, 4] += 1
            differs = (block(x, other["condition"], other["expression"]) - before).abs().amax(-1)[0] > 1e-6
            assert differs.tolist() == [i == 4 for i in range(9)]
