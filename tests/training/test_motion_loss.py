# SPDX-License-Identifier: GPL-3.0-or-later
"""The distance of motions, in millimetres on the head."""

import numpy as np
import pytest
import torch
from mien.channels import ARKIT
from mien.engines.neural.motion_space import MOUTH, PARTS, SIZE, visible
from mien.heads.default import load_head
from mien.training.motion_loss import MotionLoss


@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_a_motion_is_no_distance_from_itself(part: tuple[int, ...]) -> None:
    motion = torch.rand(2, 9, len(part))
    assert float(MotionLoss(part)(motion, motion)) == 0


def test_the_aperture_is_the_heads_own_in_mm() -> None:
    motion = np.random.default_rng(0).uniform(0, 0.5, (1, 7, SIZE)).astype(np.float32)
    only_mouth = np.zeros_like(motion)
    only_mouth[..., list(MOUTH)] = motion[..., list(MOUTH)]
    aperture = MotionLoss(MOUTH).aperture(torch.from_numpy(motion[..., list(MOUTH)]))
    expected = 1000 * load_head().lip_aperture(only_mouth[0, :, : len(ARKIT)], ARKIT)
    np.testing.assert_allclose(aperture[0].numpy(), expected, atol=0.2)


def test_a_constant_offset_of_a_brow_counts_in_mm_on_the_face() -> None:
    nonverbal = PARTS["life"]
    predicted, target = torch.zeros(1, 5, len(nonverbal)), torch.zeros(1, 5, len(nonverbal))
    predicted[..., 2] = 0.5
    mm = visible()[nonverbal[2]]
    assert float(MotionLoss(nonverbal)(predicted, target)) == pytest.approx(0.5 * mm / len(nonverbal), rel=1e-5)


def test_a_change_from_frame_to_frame_counts_besides() -> None:
    nonverbal = PARTS["life"]
    steady, shaking = torch.full((1, 40, len(nonverbal)), 0.1), torch.full((1, 40, len(nonverbal)), 0.1)
    shaking[:, ::2] *= -1
    still = torch.zeros_like(steady)
    assert float(MotionLoss(nonverbal)(shaking, still)) > 2.5 * float(MotionLoss(nonverbal)(steady, still))
