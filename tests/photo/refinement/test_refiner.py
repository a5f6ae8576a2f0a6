# SPDX-License-Identifier: GPL-3.0-or-later
"""A network over an Animator: the photo at rest is untouched, and so is everything beyond the face."""

import numpy as np
import torch
from mien.photo.animator import Animator
from mien.photo.matte import oval_mask
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork
from mien.photo.refinement.refiner import Refiner
from rendered_faces import face

STILL = np.zeros(3), np.zeros(2)


def network() -> RefinementNetwork:
    torch.manual_seed(0)
    made = RefinementNetwork(RefinementConfig(widths=(8, 16, 16), inner=12, tokens=2))
    torch.nn.init.normal_(made.leave.weight, std=0.3)
    return made.eval()


def test_it_changes_the_moving_face_alone() -> None:
    with Animator(face()) as animator:
        weights = animator.own.copy()
        weights[animator.head.channels.index("jawOpen")] = 0.5
        plain = animator.picture(weights, *STILL)
        animator.refine = Refiner(animator, network())
        assert np.array_equal(animator.picture(animator.own, *STILL), face())
        refined = animator.picture(weights, *STILL)
        changed = (refined != plain).any(2)
        oval = oval_mask(animator.mesh.landmarks(animator.mesh.at(weights)), plain.shape[:2]) > 0
        assert changed.sum() > 0.2 * oval.sum()
        assert not changed[~oval].any()
