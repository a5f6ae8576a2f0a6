# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.detector import FaceDetector
from mien.face_tracking.landmark_indices import (
    CHIN,
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    LOWER_LIP,
    NOSE_TIP,
    OUTER_EYE_CORNERS,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
    UPPER_LIP,
)
from mien.face_tracking.landmark_network import LandmarkNetwork
from mien.face_tracking.region import Region
from rendered_faces import SIDE, beside, face, nobody


@pytest.fixture(scope="module")
def network() -> LandmarkNetwork:
    return LandmarkNetwork(load_bundle().landmarks)


def landmarks(network: LandmarkNetwork, picture: np.ndarray) -> np.ndarray:
    region = FaceDetector(load_bundle().detector)(picture)[0].region
    for _ in range(3):
        points, presence = network(picture, region)
        assert presence > 0.9
        region = Region.around_landmarks(points)
    return points


def test_the_parts_of_a_face_lie_as_they_should(network) -> None:
    points = landmarks(network, face())
    assert points.shape == (478, 3)
    for iris, (outer, inner) in ((RIGHT_IRIS, RIGHT_EYE_CORNERS), (LEFT_IRIS, LEFT_EYE_CORNERS)):
        low, high = sorted((points[outer, 0], points[inner, 0]))
        assert low < points[iris, 0] < high
    assert points[OUTER_EYE_CORNERS[0], 0] < points[NOSE_TIP, 0] < points[OUTER_EYE_CORNERS[1], 0]
    assert points[NOSE_TIP, 1] < points[UPPER_LIP, 1] <= points[LOWER_LIP, 1] < points[CHIN, 1]
    assert points[NOSE_TIP, 2] < points[OUTER_EYE_CORNERS, 2].min()  # nearer to the camera


def test_an_open_jaw_parts_the_lips(network) -> None:
    shut, wide = (landmarks(network, face((("jawOpen", value),))) for value in (0.0, 0.6))
    eyes = np.linalg.norm(shut[OUTER_EYE_CORNERS[0]] - shut[OUTER_EYE_CORNERS[1]])
    gaps = [(points[LOWER_LIP, 1] - points[UPPER_LIP, 1]) / eyes for points in (shut, wide)]
    assert gaps[0] < 0.05
    assert gaps[1] > 0.15


def test_landmarks_move_with_the_picture(network) -> None:
    alone, moved = landmarks(network, face()), landmarks(network, beside(nobody(), face()))
    np.testing.assert_allclose(moved[:468, :2], alone[:468, :2] + [SIDE, 0], atol=2.5)


def test_there_is_no_face_in_a_ramp(network) -> None:
    _, presence = network(nobody(), Region(SIDE / 2, SIDE / 2, 120, 120, 0))
    assert presence < 0.5
