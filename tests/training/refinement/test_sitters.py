# SPDX-License-Identifier: GPL-3.0-or-later
"""Sitters: all different, their lips closed as the identities' are, and some never seen in training."""

import numpy as np
from mien.heads.identity import load_identity
from mien.numeric.random_streams import stream
from mien.preview.scene import Scene
from mien.training.refinement.sitters import HELD_OUT, random_sitter


def test_two_sitters_differ_and_can_be_drawn() -> None:
    pictures = []
    for number in range(2):
        sitter = random_sitter(stream(number, "test"), held_out=True)
        with Scene((96, 96), identity=sitter.identity, studio=sitter.studio, painting=sitter.painting) as scene:
            pictures.append(scene.picture(scene.head.vertices).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 5
    assert all(10 < picture[30:60, 36:60].mean() < 245 for picture in pictures)


def test_lips_of_a_mix_are_as_far_apart_as_those_it_is_mixed_of() -> None:
    def gap(vertices: np.ndarray, pairs: np.ndarray) -> float:
        return float(np.median(np.linalg.norm(vertices[pairs[:, 0]] - vertices[pairs[:, 1]], axis=1)))

    head = random_sitter(stream(3, "test"), held_out=True).identity.head
    gaps = [gap(load_identity(name).head.vertices, head.inner_lips) for name in HELD_OUT]
    assert 0.5 * min(gaps) < gap(head.vertices, head.inner_lips) < 2 * max(gaps)
    assert np.allclose(np.linalg.norm(head.eyeballs[:, 4:], axis=1), 1, atol=1e-5)
