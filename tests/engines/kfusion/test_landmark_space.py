# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks are linear in the channels, on every face."""

import numpy as np
import pytest
from mien.channels import ARKIT, INDEX
from mien.engines.kfusion.landmark_space import (
    GAZE,
    MOVED,
    ROTATION,
    SIZE,
    face_of,
    jacobian,
    jacobian_of,
    numbers_of,
    opening,
    rest_features,
)  # fmt: skip
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.landmark_track import default_rest

MOTION = np.random.default_rng(0).uniform(0, 0.4, (5, 57)).astype(np.float32)


@pytest.mark.parametrize("name", [None, "woman_a", "old_man"])
def test_numbers_are_the_landmarks_of_the_posed_head(name: str | None) -> None:
    head = load_head() if name is None else load_identity(name).head
    weights = np.zeros((5, len(head.channels)), np.float32)
    weights[:, head.order(ARKIT)] = MOTION[:, :52]
    posed = 1000 * head.pose(weights)[:, head.landmarks]
    numbers, face = numbers_of(MOTION, face_of(head)), face_of(head)
    assert numbers.shape == (5, SIZE)
    np.testing.assert_allclose(face.rest + numbers[:, :MOVED].reshape(5, 68, 3), posed, atol=0.02)
    np.testing.assert_array_equal(numbers[:, ROTATION], MOTION[:, 52:55])
    np.testing.assert_array_equal(numbers[:, GAZE], MOTION[:, 55:])


def test_the_default_face_at_rest_is_the_origin() -> None:
    assert not rest_features(default_rest()).any()
    assert rest_features(face_of(load_identity("man_a").head).rest).shape == (204,)


def test_a_blink_shuts_the_lids_of_a_face_with_wider_eyes() -> None:
    np.testing.assert_allclose(jacobian_of(default_rest()), jacobian(), rtol=1e-6)
    wide = default_rest().copy()
    middle = wide[36:48, 1].mean()
    wide[36:48, 1] = middle + 1.4 * (wide[36:48, 1] - middle)
    shut = [
        rest + (jacobian_of(rest)[INDEX["eyeBlinkLeft"]] + jacobian_of(rest)[INDEX["eyeBlinkRight"]]).reshape(68, 3)
        for rest in (default_rest(), wide)
    ]
    left = [opening(points) / opening(rest) for points, rest in zip(shut, (default_rest(), wide), strict=True)]
    assert abs(left[0]) < 0.25 and left[1] == pytest.approx(left[0], abs=0.01)
