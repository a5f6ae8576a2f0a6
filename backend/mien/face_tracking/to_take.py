# SPDX-License-Identifier: GPL-3.0-or-later
"""A FaceTrack as a Take: calibrated channels, head rotation, gaze, and when lips and lids were shut."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.eye_look import CHANNELS as EYE_LOOK
from mien.eye_look import eye_look
from mien.face_tracking.calibration import MISSING, Calibration, calibrate
from mien.face_tracking.contacts import SHUT, TOUCH, fit_lips, holds, lip_aperture
from mien.face_tracking.gaze import gaze
from mien.face_tracking.head_pose import HeadPose
from mien.face_tracking.missed_closures import with_contacts
from mien.face_tracking.track import FaceTrack
from mien.numeric.mask_runs import runs
from mien.numeric.smoothstep import smoothstep
from mien.take import Take, exact, frame_count, frame_times

BRIDGED = 0.25  # seconds without the face that are bridged by a straight line
EASE = 0.3  # seconds in which the face goes to its neutral, and comes back, where it is away for longer
COPIED = ("source", "face", "smoothing", "networks_sha256", "notes")  # of the track's metadata
LEAST_RATE = 24  # frames a second of a take from pictures of an uneven rate


@dataclass(frozen=True, eq=False)
class _Curves:
    """What is taken over time, a row for each picture: weights (N, 52), rotation (N, 3), gaze (N, 2)."""

    weights: np.ndarray
    rotation: np.ndarray
    gaze: np.ndarray

    def each(self) -> Iterable[np.ndarray]:
        return (self.weights, self.rotation, self.gaze)


def take_from_track(track: FaceTrack, neutral: int | None = None, contacts: np.ndarray | None = None) -> Take:
    """The performance in `track`, one frame for each picture where their rate is even.

    neutral: the picture, counted from 0, in which the face rests and looks straight ahead; None to find the resting
    face in the clip, with the mean direction of head and eyes as straight ahead. contacts (H, 2): seconds of the sound
    in which the lips meet although no picture shows it (`missed_closures.py`). Frame i shows what was seen at
    `start + i / fps` seconds of the sound. Where the face was lost for longer than BRIDGED it eases to its neutral.
    TrackingError as `calibrate` does.
    """
    calibration = calibrate(track, neutral)
    aperture = lip_aperture(track)
    if contacts is not None:
        aperture = with_contacts(aperture, float(track.start) + track.seconds, contacts)
    fps = track.rate if track.steady else Fraction(max(LEAST_RATE, round(track.rate)))
    length = track.frames / fps if track.steady else track.length
    seconds = track.seconds
    curves = _without_gaps(_curves(track, calibration, neutral, aperture), track)
    start = float(track.start)
    duration = exact(start) + length
    frames = frame_count(length, fps)
    moments = frame_times(frames, fps)
    weights, rotation, eyes = (values if track.steady else _read(values, seconds, moments) for values in curves.each())
    times = start + seconds
    lids = curves.weights[:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]].mean(1)
    return Take(
        fps=fps,
        duration=duration,
        start=start,
        channels=ARKIT,
        weights=weights.astype(np.float32),
        head_rotation=rotation.astype(np.float32),
        gaze=eyes.astype(np.float32),
        mouth_holds=holds(track.tracked & (aperture <= TOUCH), times),
        eye_holds=holds(track.tracked & (lids >= SHUT), times),
        meta=_meta(track, calibration),
    )


def _curves(track: FaceTrack, calibration: Calibration, neutral: int | None, aperture: np.ndarray) -> _Curves:
    weights = fit_lips(calibration.weights(track), aperture)
    lids = weights[:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]].mean(1)
    still = track.frames == 1
    eyes = gaze(track, lids)
    if not still:
        eyes = eyes - (np.median(eyes[track.tracked], axis=0) if neutral is None else eyes[neutral])
    weights[:, EYE_LOOK] = eye_look(eyes)[:, EYE_LOOK]
    rotation = track.turn.head_rotation if still else _relative_rotation(track, neutral)
    return _Curves(weights, rotation, eyes)


def _relative_rotation(track: FaceTrack, neutral: int | None) -> np.ndarray:
    """(N, 3) radians: the head against its neutral, or against its mean in the same shot, as each has its camera."""
    turn = track.turn.turn
    result = np.zeros((track.frames, 3))
    for shot in np.unique(track.shot):
        here = track.shot == shot
        seen = here & track.tracked
        if not seen.any():
            continue
        if neutral is not None and here[neutral]:
            straight = turn[neutral]
        else:  # the rotation nearest to all of the shot
            u, _, vt = np.linalg.svd(turn[seen].mean(0))
            straight = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        relative = np.swapaxes(straight, -1, -2) @ turn[here]
        result[here] = HeadPose(relative, np.ones(len(relative)), np.zeros((len(relative), 3))).head_rotation
    return result


def _without_gaps(curves: _Curves, track: FaceTrack) -> _Curves:
    return _Curves(*(_bridged(values, track) for values in curves.each()))


def _bridged(values: np.ndarray, track: FaceTrack) -> np.ndarray:
    """values (N, C) with something reasonable where the face was not seen."""
    values, seconds = values.copy(), track.seconds
    for begin, end in runs(~track.tracked):
        before = values[begin - 1] if begin > 0 else None
        after = values[end] if end < track.frames else None
        since = seconds[begin:end] - seconds[begin - 1] if before is not None else None
        until = seconds[end] - seconds[begin:end] if after is not None else None
        if since is not None and until is not None and since[0] + until[0] <= BRIDGED:
            share = (since / (since + until))[:, None]
            values[begin:end] = before * (1 - share) + after * share
            continue
        values[begin:end] = 0
        for value, distance in ((before, since), (after, until)):
            if distance is not None:
                values[begin:end] += value * smoothstep(1 - distance / EASE)[:, None]
    return values


def _read(values: np.ndarray, seconds: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """values (N, C) at seconds (N,), read at moments (F,)."""
    return np.stack([np.interp(moments, seconds, column) for column in values.T], 1)


def _meta(track: FaceTrack, calibration: Calibration) -> dict[str, str]:
    gaps = [[round(float(track.start + time), 4) for time in gap] for gap in track.gaps()]
    cuts = [round(float(track.start + time), 4) for time in track.cuts()]
    copied = {key: track.meta[key] for key in COPIED if key in track.meta}
    return {
        **copied,
        "engine": "face tracker",
        "calibration": calibration.to_json(),
        "missing_channels": json.dumps(list(MISSING)),
        "gaps": json.dumps(gaps),
        "cuts": json.dumps(cuts),
    }
