# SPDX-License-Identifier: GPL-3.0-or-later
"""The distance of motions, in millimetres on the head."""

import numpy as np
import pytest
import torch
from mien.channels import ARKIT
from mien.engines.neural.motion_space import MOUTH, PARTS, SIZE, visible
from mien.heads.default import load_head
from mien.training.motion_loss import Seen


@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_a_motion_is_no_distance_from_itself(part: tuple[int, ...]) -> None:
    motion = torch.rand(2, 9, len(part))
    assert float(Seen(part)(motion, motion)) == 0


def test_the_gap_is_the_heads_own_in_mm() -> None:
    motion = np.random.default_rng(0).uniform(0, 0.5, (1, 7, SIZE)).astype(np.float32)
    only_mouth = np.zeros_like(motion)
    only_mouth[..., list(MOUTH)] = motion[..., list(MOUTH)]
    mine = Seen(MOUTH).gap(torch.from_numpy(motion[..., list(MOUTH)]))
    wanted = 1000 * load_head().inner_gap(only_mouth[0, :, : len(ARKIT)], ARKIT)
    np.testing.assert_allclose(mine[0].numpy(), wanted, atol=0.2)


def test_a_constant_offset_of_a_brow_counts_as_far_as_it_is_seen() -> None:
    life = PARTS["life"]
    made, wanted = torch.zeros(1, 5, len(life)), torch.zeros(1, 5, len(life))
    made[..., 2] = 0.5
    mm = visible()[life[2]]
    assert float(Seen(life)(made, wanted)) == pytest.approx(0.5 * mm / len(life), rel=1e-5)


def test_a_change_from_frame_to_frame_counts_besides() -> None:
    life = PARTS["life"]
    steady, shaking = torch.full((1, 40, len(life)), 0.1), torch.full((1, 40, len(life)), 0.1)
    shaking[:, ::2] *= -1
    still = torch.zeros_like(steady)
    assert float(Seen(life)(shaking, still)) > 2.5 * float(Seen(life)(steady, still))
