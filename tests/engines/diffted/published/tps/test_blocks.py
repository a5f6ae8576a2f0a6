# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.diffted.published.tps.blocks import DownBlock, Hourglass, ResidualBlock, UpBlock


def test_sizes_are_halved_and_doubled() -> None:
    x = torch.rand(1, 2, 8, 12)
    assert DownBlock(2, 5)(x).shape == (1, 5, 4, 6)
    assert UpBlock(2, 5)(x).shape == (1, 5, 16, 24)


def test_a_residual_block_without_weights_changes_nothing() -> None:
    block, x = ResidualBlock(3), torch.rand(1, 3, 4, 4)
    torch.nn.init.zeros_(block.conv2.weight)
    torch.nn.init.zeros_(block.conv2.bias)
    assert torch.equal(block(x), x)


def test_an_hourglass_gives_each_level_with_what_it_skips() -> None:
    hourglass = Hourglass(7, 2, 16, levels=3)
    levels = hourglass(torch.rand(1, 7, 16, 8))
    assert [tuple(level.shape[1:]) for level in levels] == [(16, 4, 2), (8, 8, 4), (2 + 7, 16, 8)]
    assert hourglass.widths == [level.shape[1] for level in levels]
