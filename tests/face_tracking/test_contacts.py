# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.channels import ARKIT, INDEX, sides
from mien.face_tracking.contacts import (
    APERTURE,
    JAW_APERTURE,
    OPEN,
    REST_APERTURE,
    TOUCH,
    fit_lips,
    holds,
    lip_aperture,
)
from mien.heads.default import load_head
from tracks import track


def test_the_gap_is_measured_in_eye_distances_whatever_the_head_does() -> None:
    apertures = np.array([0.0, 0.05, 0.2])
    np.testing.assert_allclose(lip_aperture(track(3, aperture=apertures)), apertures, atol=1e-3)
    turned = track(3, aperture=apertures, rotation=np.array([[0.3, 0, 0], [0, 0.5, 0.2], [-0.2, -0.4, 0]]))
    np.testing.assert_allclose(lip_aperture(turned), apertures, atol=2e-3)


def test_without_a_face_there_is_no_gap() -> None:
    assert lip_aperture(track(2, np.array([False, True]), aperture=0.1)).tolist() == pytest.approx([0, 0.1], abs=1e-3)


@pytest.mark.parametrize("aperture", [0.05, 0.15, 0.25])
@pytest.mark.parametrize("channels", [{}, {"mouthSmile": 0.8}, {"mouthLowerDown": 0.7, "mouthUpperUp": 0.5}])
def test_the_default_heads_lips_are_as_far_apart_as_was_seen(aperture, channels) -> None:
    weights = np.zeros((1, 52))
    for name, value in channels.items():
        for side in sides(name):
            weights[0, INDEX[side]] = value
    weights[0, INDEX["jawOpen"]] = aperture / 2 / JAW_APERTURE  # scored too low, as jaws of speakers are
    fitted = fit_lips(weights, np.array([aperture]))
    head = load_head()
    eyes = np.linalg.norm(head.vertices[head.landmarks[36]] - head.vertices[head.landmarks[45]])
    assert head.lip_aperture(fitted, ARKIT)[0] / eyes == pytest.approx(aperture, abs=0.04)


def test_the_table_of_gaps_is_the_default_heads() -> None:
    head = load_head()
    eyes = np.linalg.norm(head.vertices[head.landmarks[36]] - head.vertices[head.landmarks[45]])
    rest = head.lip_aperture(np.zeros((1, 52)), ARKIT)[0] / eyes
    assert rest == pytest.approx(REST_APERTURE, abs=0.003)
    for name, value in {**APERTURE, "jawOpen": JAW_APERTURE}.items():
        weights = np.zeros((1, 52))
        weights[0, [INDEX[side] for side in sides(name)]] = 1
        assert head.lip_aperture(weights, ARKIT)[0] / eyes - rest == pytest.approx(value, abs=0.003), name


def test_touching_lips_are_closed_over_an_open_jaw() -> None:
    weights = np.zeros((3, 52))
    weights[:, INDEX["jawOpen"]] = 0.3
    weights[:, INDEX["mouthUpperUpLeft"]] = 0.4
    fitted = fit_lips(weights, np.array([TOUCH, OPEN, (TOUCH + OPEN) / 2]))
    assert fitted[0, INDEX["jawOpen"]] == pytest.approx(0.3) and fitted[0, INDEX["mouthClose"]] > 0.25
    gap = load_head().lip_aperture(fitted, ARKIT)
    assert 0 < gap[0] < 0.0005 < gap[2] < gap[1]  # m
    assert fitted[0, INDEX["mouthUpperUpLeft"]] == 0
    assert fitted[1, INDEX["mouthClose"]] == 0
    assert fitted[1, INDEX["mouthUpperUpLeft"]] == pytest.approx(0.4)
    assert 0 < fitted[2, INDEX["mouthClose"]] < fitted[0, INDEX["mouthClose"]]


def test_rolled_lips_meet_and_do_not_go_through_each_other() -> None:
    weights = np.zeros((2, 52))
    weights[:, INDEX["jawOpen"]] = 0.2
    weights[1, [INDEX["mouthRollUpper"], INDEX["mouthRollLower"]]] = 0.4
    gap = load_head().lip_aperture(fit_lips(weights, np.full(2, TOUCH / 3)), ARKIT)
    assert (np.abs(gap) < 0.0006).all()  # m


def test_holds_are_the_first_and_the_last_time_of_each_run() -> None:
    times = np.arange(6) / 25
    found = holds(np.array([1, 1, 0, 0, 1, 0], bool), times)
    np.testing.assert_allclose(found, [[0, 0.04], [0.16, 0.16]])
    assert holds(np.zeros(6, bool), times).shape == (0, 2)
