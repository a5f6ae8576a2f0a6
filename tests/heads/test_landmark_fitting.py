# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels of landmarks: takes come back by their landmarks, closed lips stay closed, noise does no harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from checkout import SAMPLES
from mien.channels import ARKIT, INDEX
from mien.eye_look import eye_look
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.landmark_fitting import closed_frames, fit_channels, fit_take
from mien.heads.landmark_track import LandmarkTrack, landmarks_of
from mien.heads.lip_aperture import CLOSED, LEAST_APERTURE
from mien.take import Take, read_take

HEAD = load_head()


@pytest.fixture(scope="module")
def take() -> Take:
    """3 s of speech by the rules; 47 channels move, the tongue is seen."""
    return read_take(SAMPLES / "default_style.take.safetensors")


@pytest.fixture(scope="module")
def track(take) -> LandmarkTrack:
    return landmarks_of(take)


def ordered(take: Take) -> np.ndarray:
    return take.weights[:, [take.channels.index(name) for name in ARKIT]]


def errors(weights: np.ndarray, take: Take) -> np.ndarray:
    """(F, V) mm between the faces of weights and those of the take, the tongue left out: no landmark shows it."""
    change = weights - ordered(take)
    change[:, INDEX["tongueOut"]] = 0
    return np.linalg.norm(np.tensordot(change, HEAD.deltas[HEAD.order(ARKIT)], 1), axis=-1) * 1000


def apertures(weights: np.ndarray) -> np.ndarray:
    return HEAD.lip_aperture(weights, ARKIT)


def noisy(track: LandmarkTrack, deviation: float) -> LandmarkTrack:
    noise = np.random.default_rng(5).normal(0, deviation, track.points.shape)
    return replace(track, points=(track.points + noise).astype(np.float32))


def test_a_take_comes_back_by_its_landmarks(take, track) -> None:
    weights = fit_channels(track)
    assert weights.shape == (take.frames, 52) and weights.dtype == np.float32
    assert weights.min() >= 0 and weights.max() <= 1
    assert errors(weights, take).max() < 0.2  # the worst of four takes is 0.04 mm
    assert np.abs(apertures(weights) - apertures(ordered(take))).max() < 0.0002


def test_an_identity_has_the_same_weights(take) -> None:
    track = landmarks_of(take, load_identity("man_b"))
    assert errors(fit_channels(track), take).max() < 0.2


def test_another_face_is_scaled_by_the_distance_of_its_eyes(take, track) -> None:
    large = replace(track, points=track.points * 1.25, rest=track.rest * 1.25)
    assert errors(fit_channels(large), take).max() < 0.2


def test_closed_lips_stay_closed_and_none_cross(take, track) -> None:
    closed = apertures(ordered(take)) < CLOSED + 0.0001
    assert closed.any() and np.array_equal(closed_frames(track), closed)
    rough = noisy(track, 0.1)
    weights = fit_channels(rough)
    assert apertures(weights)[closed_frames(rough)].max() < CLOSED + 0.0001
    assert apertures(weights).min() > LEAST_APERTURE - 0.0001


def test_noise_raises_no_channel_that_landmarks_hardly_show(take, track) -> None:
    weights = fit_channels(noisy(track, 0.2))
    squints = [INDEX["cheekSquintLeft"], INDEX["cheekSquintRight"]]
    assert np.abs(weights - ordered(take))[:, squints].max() < 0.5  # bare least squares: 1, 8 mm of a cheek
    assert np.percentile(errors(weights, take), 95) < 0.6


def test_the_eyes_look_where_the_gaze_says(take, track) -> None:
    gaze = np.tile(np.float32([0, 0.3]), (track.frames, 1))
    still = replace(track, points=np.repeat(track.rest[None], track.frames, 0), gaze=gaze)
    weights = fit_channels(noisy(still, 1.0))
    left, looked = INDEX["eyeLookOutLeft"], eye_look(gaze)
    assert looked[:, left].min() > 0.5
    assert weights[:, left].mean() > 0.3


def test_a_single_frame_can_be_fitted(take) -> None:
    one = replace(
        take, duration=1 / take.fps, **{n: getattr(take, n)[:1] for n in ("weights", "head_rotation", "gaze")}
    )
    assert errors(fit_channels(landmarks_of(one)), one).max() < 0.2


def test_the_take_of_a_track_is_like_any_other(take, track) -> None:
    made = fit_take(replace(track, info={"engine": "kfusion"}))
    assert made.channels == ARKIT and made.fps == take.fps and made.duration == take.duration
    assert np.array_equal(made.head_rotation, take.head_rotation) and np.array_equal(made.gaze, take.gaze)
    assert made.meta["engine"] == "kfusion" and made.meta["head_sha256"] == HEAD.sha256
    closed = closed_frames(track)
    begin, end = made.mouth_holds.T
    held = ((made.times[:, None] >= begin - 1e-6) & (made.times[:, None] <= end + 1e-6)).any(1)
    assert np.array_equal(held, closed)
    assert read_take(made.to_bytes()).frames == take.frames
