# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faces that are faces, and none that is held out."""

import numpy as np
from mien.engines.kfusion.landmark_space import opening
from mien.heads.identity import names
from mien.heads.landmark_track import default_rest, eye_distance
from mien.training.kfusion.faces import HELD_OUT, held_out_faces, known_faces, random_face


def test_held_out_identities_are_none_of_the_known() -> None:
    assert set(HELD_OUT) < set(names())
    assert len(held_out_faces()) == len(HELD_OUT) and len(known_faces()) == 1 + len(names()) - len(HELD_OUT)
    for face in held_out_faces():
        assert min(np.abs(face.rest - known.rest).max() for known in known_faces()) > 1


def test_random_faces_differ_and_have_eyes_and_gains_of_people() -> None:
    rng = np.random.default_rng(0)
    faces = [random_face(rng) for _ in range(40)]
    usual = eye_distance(default_rest())
    for face in faces:
        assert face.rest.shape == (68, 3) and face.gains.shape == (52,)
        assert 0.8 < eye_distance(face.rest) / usual < 1.2 and opening(face.rest) > 3
        assert 0.5 < face.gains.min() <= face.gains.max() < 1.6
    assert np.std([face.rest for face in faces], axis=0).min() > 0.3
