# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.preview.ambient_occlusion import ambient_occlusion


def test_the_foot_of_a_wall_is_darker_than_the_open_ground():
    steps = np.arange(-20, 21) * 0.005
    x, z = np.meshgrid(steps, steps, indexing="ij")
    ground = np.stack([x, 0 * x, z], -1).reshape(-1, 3)
    wall = np.stack([np.full_like(x, 0.0), 0.1 + x, z], -1).reshape(-1, 3)  # stands on x = 0
    i = np.arange(40)[:, None] * 41 + np.arange(40)
    cells = np.stack([i, i + 1, i + 42, i + 41], -1).reshape(-1, 4)
    vertices, quads = np.concatenate([ground, wall]), np.concatenate([cells, cells + len(ground)])
    normals = np.repeat([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], len(ground), axis=0)

    alone = ambient_occlusion(ground, cells, normals[: len(ground)])
    assert alone.min() > 0.9
    light = ambient_occlusion(vertices, quads, normals)[: len(ground)].reshape(41, 41)
    foot, far = light[22, 20], light[40, 20]  # 1 cm and 10 cm from the wall
    assert 0.3 < foot < 0.7  # a high wall takes half of the sky
    assert far > foot + 0.1
