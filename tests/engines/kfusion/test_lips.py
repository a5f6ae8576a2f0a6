# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips that meet, at any rate of frames, and never cross."""

import numpy as np
import pytest
from lip_contacts import track_of
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import holds
from mien.engines.kfusion.lips import met, shut
from mien.heads.landmark_fitting import CLOSED_GAP
from mien.heads.landmark_track import INNER_LIPS, default_rest, eye_distance
from voices import NAMES

LIMIT = CLOSED_GAP * eye_distance(default_rest())


def gap(points: np.ndarray) -> np.ndarray:
    upper, lower = ([pair[side] for pair in INNER_LIPS] for side in (0, 1))
    return points[:, upper, 1] - points[:, lower, 1]


@pytest.mark.parametrize("fps", [12, 25, 60, 100])
def test_every_bilabial_is_met_at_any_rate(fps: int) -> None:
    track = track_of(NAMES[0])
    times = np.arange(int(len(track) / 100 * fps)) / fps
    points = np.tile(default_rest(), (len(times), 1, 1))
    points[:, [65, 66, 67, 55, 56, 57, 58, 59], 1] -= 9  # wide open
    gaps = gap(met(points, shut(track, times))).max(1)
    closures = [hold for hold in holds(early(track)) if hold.phone in "PBM"]
    assert len(closures) >= 4
    for hold in closures:
        near = np.abs(times - (hold.begin + hold.end) / 200).argmin()
        assert gaps[near] <= LIMIT
    assert gaps.max() > 9  # and elsewhere they are apart


def test_the_lips_rest_shut_in_a_long_silence_and_follow_each_other_in_no_way_but_up_and_down() -> None:
    points = np.tile(default_rest(), (3, 1, 1))
    closed = met(points, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_array_equal(closed[0], points[0])
    assert (gap(closed)[2] < LIMIT).all() and (gap(closed)[1] < gap(points)[1]).all()
    np.testing.assert_array_equal(closed[..., [0, 2]], points[..., [0, 2]])
    np.testing.assert_array_equal(closed[:, :48], points[:, :48])


def test_lips_that_cross_are_parted() -> None:
    points = np.tile(default_rest(), (2, 1, 1))
    points[:, [65, 66, 67], 1] += 8
    assert (gap(points) < 0).all()
    parted = gap(met(points, np.array([0.0, 1.0])))
    assert (parted > 0.1).all() and (parted <= LIMIT).all()
