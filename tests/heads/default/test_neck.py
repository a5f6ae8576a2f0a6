# SPDX-License-Identifier: GPL-3.0-or-later
"""The turn of the default head (meshes/neck.py)."""

from __future__ import annotations

import numpy as np
import pytest
from default_head import HEAD, SKIN, part, weights
from mien.heads.default import rotation_matrix


@pytest.mark.parametrize(
    ("rotation", "point", "axis", "sign"),
    [
        ((0.3, 0, 0), "nose", 1, -1),  # +pitch nods down
        ((0, 0.3, 0), "nose", 0, 1),  # +yaw turns to the head's left
        ((0, 0, 0.3), "left ear", 1, 1),  # +roll lifts the left ear
        ((0, 0, 0.3), "crown", 0, -1),  # and tilts the crown to the right
    ],
)
def test_signs_of_the_head_rotation(rotation, point, axis, sign):
    vertex = {
        "nose": HEAD.landmarks[30],
        "left ear": HEAD.vertices[:, 0].argmax(),
        "crown": HEAD.vertices[:, 1].argmax(),
    }[point]
    moved = HEAD.pose(weights(), np.array(rotation))[vertex] - HEAD.vertices[vertex]
    assert moved[axis] * sign > 0.01


def test_rotation_matrix_is_yaw_pitch_roll():
    pitch, yaw, roll = 0.3, -0.4, 0.2
    single = [rotation_matrix(np.eye(3)[i] * angle) for i, angle in enumerate((pitch, yaw, roll))]
    assert np.allclose(rotation_matrix([pitch, yaw, roll]), single[1] @ single[0] @ single[2])
    assert np.allclose(single[1] @ (0, 0, 1), (np.sin(yaw), 0, np.cos(yaw)))


def test_the_skull_turns_rigidly_and_the_cut_of_the_neck_stays():
    rotation = np.array([0.2, 0.5, -0.1])
    face = HEAD.pose(weights(jawOpen=0.3))
    turned = HEAD.turned(face, rotation)
    skull, cut = HEAD.neck_weights == 1, HEAD.neck_weights == 0
    expected = (face - HEAD.joint("neck")) @ rotation_matrix(rotation).T + HEAD.joint("neck")
    assert np.abs(turned - expected)[skull].max() < 1e-6
    assert np.abs(turned - face)[cut].max() == 0.0
    edges = np.sort(np.concatenate([HEAD.quads[:, [k, (k + 1) % 4]] for k in range(4)]), axis=1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(edges[count == 1])
    rim = rim[rim < SKIN]
    assert cut[rim].all() and len(rim) == cut.sum() == 42
    for name in ("eyes", "tongue", "mouth"):
        assert skull[part(name)].all()
    assert skull[HEAD.landmarks].all()
    assert np.abs(HEAD.neck_weights[edges[:, 0]] - HEAD.neck_weights[edges[:, 1]]).max() < 0.5
