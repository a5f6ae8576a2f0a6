# SPDX-License-Identifier: GPL-3.0-or-later
"""Points picked on a mesh: names, places, mirror images, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from mien.bind import BindError
from mien.bind.mesh import mesh_of
from mien.bind.picks import NEEDED, POINTS, landmark_weights, opposite, pick_positions, require_picks
from mien.heads.default import load_head

HEAD = load_head()
MESH = mesh_of(np.eye(3), np.array([[0, 1, 2]]))


def test_the_other_side_of_a_point_is_its_mirror_image() -> None:
    names = [*POINTS, *map(str, range(68))]
    there = landmark_weights([opposite(name, HEAD) for name in names], HEAD) @ HEAD.vertices
    np.testing.assert_allclose(there, (landmark_weights(names, HEAD) @ HEAD.vertices) * (-1, 1, 1), atol=1e-5)


def test_right_is_the_heads_own_right() -> None:
    assert (landmark_weights([name for name in POINTS if name.endswith("_right")], HEAD) @ HEAD.vertices)[
        :, 0
    ].max() < 0


def test_places_and_numbers() -> None:
    actual = pick_positions({"nose_tip": [1, 2, 3], "chin": 2, "48": [0, 0, 0]}, MESH)
    np.testing.assert_array_equal(actual["nose_tip"], (1, 2, 3))
    np.testing.assert_array_equal(actual["chin"], (0, 0, 1))


@pytest.mark.parametrize("pick", [3, -1, True, [1, 2], "nose", [1, 2, float("nan")], None, {"x": 1}])
def test_what_is_no_place(pick) -> None:
    with pytest.raises(BindError, match="the pick chin is .* it should be .x, y, z. or a vertex from 0 to 2"):
        pick_positions({"chin": pick}, MESH)


def test_an_unknown_name() -> None:
    with pytest.raises(BindError, match="there is no point 'beak' to pick; the names are nose_bridge"):
        pick_positions({"beak": 0}, MESH)


def test_what_is_missing_is_named_and_landmarks_count() -> None:
    some = dict.fromkeys(NEEDED, np.zeros(3))
    require_picks(some)
    del some["chin"], some["mouth_left"]
    with pytest.raises(BindError, match="not picked: chin, mouth_left"):
        require_picks(some)
    require_picks({**some, "8": np.zeros(3), "54": np.zeros(3)})
