# SPDX-License-Identifier: GPL-3.0-or-later
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from mien.channels import ARKIT
from mien.face_tracking.calibration import MISSING
from mien.face_tracking.head_pose import DEPTH
from mien.face_tracking.to_take import BRIDGED, EASE, take_from_track
from mien.face_tracking.track import FaceTrack
from mien.take import read_take
from tracks import track


def nods(frames: int, degrees: float = 10) -> np.ndarray:
    """(N, 3): a nod each second around 0."""
    pitch = np.radians(degrees) * np.sin(np.arange(frames) / 25 * 2 * np.pi)
    return np.stack([pitch, 0 * pitch, 0 * pitch], 1)


def test_a_take_has_a_frame_for_each_picture() -> None:
    take = take_from_track(track(50, rotation=nods(50)))
    assert take.frames == 50
    assert (take.fps, take.duration, take.start) == (25, 2, 0)
    assert take.channels == ARKIT
    assert read_take(take.to_bytes()).meta["engine"] == "face tracker"


def as_deep_as_seen(one: FaceTrack) -> FaceTrack:
    """With the depth that the landmark network gives to a face, which is more than it has."""
    return replace(one, points=one.points * np.array([1, 1, 1 / DEPTH], np.float32))


def test_the_head_is_measured_from_its_mean_direction() -> None:
    tilt = np.array([0.3, -0.2, 0.1])  # a camera that is held lower, and from the side
    still = take_from_track(track(50, rotation=np.tile(tilt, (50, 1))))
    np.testing.assert_allclose(still.head_rotation, 0, atol=1e-5)
    take = take_from_track(as_deep_as_seen(track(50, rotation=nods(50))))
    np.testing.assert_allclose(take.head_rotation, nods(50), atol=1e-3)


def test_a_named_neutral_is_straight_ahead() -> None:
    one = track(50, rotation=nods(50), eyeLookOutLeft=np.linspace(0, 0.5, 50), eyeLookInRight=np.linspace(0, 0.5, 50))
    take = take_from_track(one, neutral=6)
    np.testing.assert_allclose(take.head_rotation[6], 0, atol=1e-6)
    np.testing.assert_allclose(take.gaze[6], 0, atol=1e-6)
    assert take.gaze[-1, 1] > 0.1


def test_each_shot_has_its_own_camera() -> None:
    tilt = np.repeat([[0.3, 0, 0], [-0.1, 0.4, 0]], 25, 0)
    one = replace(track(50, rotation=tilt), shot=np.repeat([0, 1], 25).astype(np.int32))
    np.testing.assert_allclose(take_from_track(one).head_rotation, 0, atol=1e-5)
    assert json.loads(take_from_track(one).meta["cuts"]) == [1.0]


def test_closures_and_blinks_are_at_their_times_at_any_rate() -> None:
    aperture, blink = np.full(50, 0.1), np.zeros(50)
    aperture[20:22], blink[31] = 0.0, 0.9
    take = take_from_track(track(50, aperture=aperture, jawOpen=0.3, eyeBlinkLeft=blink, eyeBlinkRight=blink))
    np.testing.assert_allclose(take.mouth_holds, [[0.8, 0.84]], atol=1e-6)
    np.testing.assert_allclose(take.eye_holds, [[1.24, 1.24]], atol=1e-6)
    for fps in (12, 24, 60):
        again = take.resample(fps)
        closed = again.channel("mouthClose") >= again.channel("jawOpen") - 1e-3
        near = np.abs(again.times - 0.82) < 0.03 + 0.5 / fps
        assert closed[near].any()
        assert not closed[~near].any()
        assert again.channel("eyeBlinkLeft").max() > 0.9
        assert abs(again.times[again.channel("eyeBlinkLeft").argmax()] - 1.24) <= 0.5 / fps + 1e-6


def test_short_gaps_are_bridged_and_long_ones_rest() -> None:
    found = np.ones(100, bool)
    found[10:13] = False
    found[40:80] = False
    assert 4 / 25 <= BRIDGED < 41 / 25
    smile = np.linspace(0, 0.9, 100)
    take = take_from_track(track(100, found, mouthSmileLeft=smile, mouthSmileRight=smile))
    curve = take.channel("mouthSmileLeft")
    np.testing.assert_allclose(np.diff(curve, 2)[9:13], 0, atol=1e-6)
    inside = 40 + round(EASE * 25) + 1
    assert (curve[inside : 80 - inside + 40] == 0).all()
    assert np.abs(np.diff(curve)).max() < 0.25  # it eases, and does not jump
    gaps = json.loads(take.meta["gaps"])
    assert gaps == [[0.4, 0.52], [1.6, 3.2]]
    assert not ((take.mouth_holds[:, 0] >= 1.6) & (take.mouth_holds[:, 1] < 3.2)).any()


def test_a_film_that_begins_and_ends_without_the_face() -> None:
    found = np.zeros(50, bool)
    found[20:30] = True
    take = take_from_track(track(50, found, mouthSmileLeft=0.9, mouthSmileRight=0.9, aperture=0.1))
    assert take.frames == 50
    assert take.channel("mouthSmileLeft")[25] > 0.5
    assert take.channel("mouthSmileLeft")[0] == take.channel("mouthSmileLeft")[-1] == 0
    assert np.isfinite(take.head_rotation).all()


def test_pictures_of_an_uneven_rate_are_read_at_their_true_times() -> None:
    times = tuple(np.cumsum([Fraction(0)] + [Fraction(1, 50), Fraction(1, 10)] * 12).tolist())
    seconds = np.array([float(time) for time in times])
    smile = seconds / seconds[-1]
    one = track(25, mouthSmileLeft=smile, mouthSmileRight=smile)
    take = take_from_track(replace(one, times=times, length=times[-1] + Fraction(1, 25)))
    assert (take.fps, take.frames) == (25, 37)
    straight = np.polyfit(take.times[8:-3], take.channel("mouthSmileLeft")[8:-3], 1)
    np.testing.assert_allclose(take.channel("mouthSmileLeft")[8:-3], np.polyval(straight, take.times[8:-3]), atol=1e-6)


def test_a_take_begins_where_the_picture_does_in_the_sound() -> None:
    aperture = np.full(50, 0.1)
    aperture[20] = 0
    take = take_from_track(replace(track(50, aperture=aperture, jawOpen=0.2), start=Fraction(1, 3)))
    assert take.start == pytest.approx(1 / 3)
    assert take.frames == 50
    np.testing.assert_allclose(take.mouth_holds, [[1 / 3 + 0.8] * 2], atol=1e-6)


def test_a_photo_is_a_take_of_one_frame() -> None:
    one = track(1, mouthSmileLeft=0.9, mouthSmileRight=0.9, rotation=np.array([[0.1, 0.2, 0]]))
    take = take_from_track(as_deep_as_seen(one))
    assert take.frames == 1
    assert take.channel("mouthSmileLeft")[0] == pytest.approx(1)
    np.testing.assert_allclose(take.head_rotation[0], [0.1, 0.2, 0], atol=1e-4)


def test_what_is_not_tracked_is_said() -> None:
    take = take_from_track(track(30))
    assert json.loads(take.meta["missing_channels"]) == list(MISSING)
    assert "jawOpen" in json.loads(take.meta["calibration"])["channels"]


def test_eyes_are_shown_by_gaze_and_by_channels_alike() -> None:
    out = np.where(np.arange(50) < 30, 0.0, 0.6)
    take = take_from_track(track(50, eyeLookOutLeft=out, eyeLookInRight=out))
    np.testing.assert_allclose(
        take.channel("eyeLookOutLeft"), np.maximum(take.gaze[:, 1] / np.radians(30), 0), atol=1e-6
    )
