# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks found by shape keys, on faces of other proportions and topologies whose deltas are known."""

import numpy as np
import pytest
import retopology
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from scipy import sparse

from addon.landmarks.correspondence import LandmarksMissing, centre, find, similarity

HEAD = load_head()
IDS = HEAD.landmarks
REST = HEAD.vertices.astype(float)
DELTAS = dict(zip(HEAD.channels, HEAD.deltas.astype(float), strict=True))
MARKS = {name: delta[IDS] for name, delta in DELTAS.items()}
FEW = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight", "browInnerUp")
RETOPOLOGY = retopology.load_module()


def landmark_vertices(mesh: np.ndarray, deltas: dict[str, np.ndarray]) -> np.ndarray:
    return find(REST[IDS], MARKS, REST, DELTAS, mesh, deltas)


def errors(mesh: np.ndarray, vertices: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(68,) distances from the landmarks of a face (V, 3) of the head's topology, in its eye distances."""
    true = face[IDS]
    return np.linalg.norm(mesh[vertices] - true, axis=1) / np.linalg.norm(true[36] - true[45])


@pytest.mark.parametrize("name", ["man_b", "woman_c", "round_woman"])
def test_people_of_the_same_topology(name: str) -> None:
    """Measured: a median of 0; the farthest 0.05 and 0.12 (at the ears), 0.05."""
    face = load_identity(name).head.vertices.astype(float)
    off = errors(face, landmark_vertices(face, DELTAS), face)
    assert np.median(off) < 0.01 and off.max() < 0.15


@pytest.mark.parametrize("kind", ["dual", "collapsed"])
def test_another_topology_and_other_proportions(kind: str) -> None:
    """Measured: medians 0.04 and 0.04, the farthest 0.09 and 0.17; the nearest vertices are at most 0.08, 0.06 away."""
    if kind == "dual":
        face = load_identity("woman_a").head.vertices.astype(float)
        weights, _ = RETOPOLOGY.dual(len(REST), HEAD.quads)
    else:
        face = RETOPOLOGY.warped(REST)
        skin = HEAD.quads[(HEAD.quads < len(HEAD.opposite)).all(1)]
        kept, _ = RETOPOLOGY.collapsed(REST, RETOPOLOGY.halves(skin), 2000, 1)
        weights = sparse.identity(len(REST), format="csr")[kept]
    mesh = weights @ face
    vertices = landmark_vertices(mesh, {name: weights @ delta for name, delta in DELTAS.items()})
    off = errors(mesh, vertices, face)
    assert np.median(off) < 0.06 and off.max() < 0.22
    for upper, lower in ((61, 67), (62, 66), (63, 65)):  # no upper lip for a lower one
        assert mesh[vertices[upper], 1] > mesh[vertices[lower], 1]


def test_six_keys_of_any_size_are_enough() -> None:
    deltas = {name: DELTAS[name] * 0.3 for name in FEW}
    assert errors(REST, landmark_vertices(REST, deltas), REST).max() < 0.05


def test_fewer_keys_or_none_that_move_are_refused_in_words() -> None:
    with pytest.raises(LandmarksMissing, match="5 move this mesh; 6 are needed"):
        landmark_vertices(REST, {name: DELTAS[name] for name in FEW[:5]})
    with pytest.raises(LandmarksMissing, match="0 move this mesh"):
        landmark_vertices(REST, {name: 0 * delta for name, delta in DELTAS.items()})


def test_keys_that_move_one_place_are_refused_in_words() -> None:
    with pytest.raises(LandmarksMissing, match="in one place alone"):
        landmark_vertices(REST, dict.fromkeys(FEW, DELTAS["jawOpen"]))


def test_a_similarity_is_found_in_spite_of_an_outlier() -> None:
    places = np.random.default_rng(2).normal(size=(20, 3))
    turn = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])
    points = (places - 0.5) @ turn / 3.0
    points[7] += 1.0
    scale, rotation, shift = similarity(points, places)
    assert scale == pytest.approx(3.0, rel=0.05)
    np.testing.assert_allclose(rotation, turn, atol=0.05)
    others = np.arange(20) != 7
    np.testing.assert_allclose((scale * points @ rotation.T + shift)[others], places[others], atol=0.2)


def test_the_centre_of_a_motion_is_where_it_is_largest() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(centre(points, np.array([[0, 0, 1.0], [0, 0, 3]])), [0.9, 0, 0])
