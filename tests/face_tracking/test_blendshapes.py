# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.channels import ARKIT
from mien.face_tracking.blendshapes import CHANNELS, SUBSET, BlendshapeNetwork
from mien.face_tracking.bundle import canonical_face, load_bundle
from mien.face_tracking.landmark_indices import POINTS


@pytest.fixture(scope="module")
def network() -> BlendshapeNetwork:
    return BlendshapeNetwork(load_bundle().blendshapes)


@pytest.fixture
def points() -> np.ndarray:
    """The canonical face in pixels, irises in the middle of the eyes."""
    face = canonical_face().points * [20, -20, -20] + [300, 200, 0]
    right, left = face[[33, 133]].mean(0), face[[263, 362]].mean(0)
    around = np.array([[0, 0, 0], [11, 0, 0], [0, -11, 0], [-11, 0, 0], [0, 11, 0]])
    points = np.concatenate([face, right + around, left + around])
    assert points.shape == (POINTS, 3)
    return points


def test_channels_are_those_of_arkit_without_the_tongue(network, points) -> None:
    assert set(ARKIT) - set(CHANNELS) == {"tongueOut"}
    assert len(SUBSET) == 146
    scores = network(points)
    assert scores.shape == (51,)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_place_and_size_do_not_matter(network, points) -> None:
    np.testing.assert_allclose(network(3 * points + [200, 50, 9]), network(points), atol=1e-4)


def test_an_open_mouth_is_scored(network, points) -> None:
    lower = points.copy()
    chin = points[:, 1] > points[14, 1] - 1  # the lower lip and all below it
    lower[chin, 1] += 40
    lower[[87, 317, 88, 318, 178, 402, 95, 324], 1] += 20
    at = CHANNELS.index("jawOpen")
    assert network(lower)[at] > network(points)[at] + 0.2
