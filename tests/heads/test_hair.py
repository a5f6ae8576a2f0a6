# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair: it lies on the scalp of every identity, and is carried without steps from face to face."""

import numpy as np
import pytest
from mien.heads.hair import MIDDLE, carried
from mien.heads.identity import load_identity, names
from scipy.spatial import cKDTree


def test_what_moves_by_a_cubic_is_carried_exactly():
    generator = np.random.default_rng(3)
    places, points = (MIDDLE + generator.uniform(-0.1, 0.1, (count, 3)) for count in (200, 50))

    def move(p):
        x, y, z = (p - MIDDLE).T * 10
        return np.stack([0.01 * x * y, 0.02 + 0.01 * z**3, 0.005 * x * y * z], 1)

    np.testing.assert_allclose(carried(points, places, move(places)), move(points), atol=1e-6)


def test_what_a_cubic_cannot_say_is_met_at_the_places_themselves():
    generator = np.random.default_rng(4)
    places, offsets = MIDDLE + generator.uniform(-0.1, 0.1, (200, 3)), generator.normal(0, 0.001, (200, 3))
    np.testing.assert_allclose(carried(places, places, offsets), offsets, atol=2e-4)


@pytest.mark.parametrize("name", names())
def test_it_lies_on_the_skin_and_not_over_the_face(name):
    identity = load_identity(name)
    head, hair = identity.head, identity.hair
    assert hair is not None and hair.quads.max() < len(hair.vertices) == len(hair.light) == len(hair.along)
    np.testing.assert_allclose(np.linalg.norm(hair.normals, axis=1), 1, atol=1e-3)
    assert 0 <= hair.light.min() <= hair.light.max() <= 1
    roots = hair.vertices[hair.along == 0]
    middle = MIDDLE + (head.vertices[:4200].mean(0) - MIDDLE) * (0, 0.5, 0)
    skin = head.vertices[:4200]
    near = cKDTree(skin).query(roots, k=3)[1]
    outward = np.linalg.norm(roots - middle, axis=1) - np.linalg.norm(skin[near] - middle, axis=2).mean(1)
    on_scalp = np.abs(outward) < 0.008
    assert on_scalp.mean() > 0.8  # the rest is the bun's, or lies between vertices that are far apart
    brows = head.vertices[head.landmarks[17:27]]
    face = (
        (np.abs(hair.vertices[:, 0]) < 0.035) & (hair.vertices[:, 2] > 0.08) & (hair.vertices[:, 1] < brows[:, 1].max())
    )
    assert not face.any()


def test_a_face_of_its_own_carries_its_hair():
    first, second = (load_identity(name) for name in ("woman_c", "old_woman"))
    assert first.hair.vertices.shape == second.hair.vertices.shape  # one style
    assert np.abs(first.hair.vertices - second.hair.vertices).max() > 0.001
