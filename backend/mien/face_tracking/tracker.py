# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: footage to the track of one face in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from mien.face_tracking import TrackingError
from mien.face_tracking.blendshapes import CHANNELS, BlendshapeNetwork
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.cuts import CutDetector
from mien.face_tracking.follower import FaceFollower
from mien.face_tracking.landmark_indices import POINTS
from mien.face_tracking.likeness import OTHER_PERSON, difference
from mien.face_tracking.smoothing import SIGMA, smoothed
from mien.face_tracking.track import FaceTrack, stretches
from mien.video.footage import Footage

STAGE = "tracking"  # what `progress` is told
NOWHERE = np.zeros((POINTS, 3), np.float32)
NOTHING = np.zeros(len(CHANNELS), np.float32)

Progress = Callable[[float, str], None]


def track_face(
    footage: Footage,
    choice: FaceChoice | None = None,
    sigma: float = SIGMA,
    progress: Progress = lambda fraction, stage: None,
) -> FaceTrack:
    """One face of `footage` through all its pictures.

    sigma: of the smoothing over time, in pictures; 0 for none. `progress(fraction, "tracking")` may raise to cancel.
    Memory holds the landmarks (6 kB a picture), not the pictures. Raises TrackingError where the face is in no
    picture at all, and VideoError as the footage does.
    """
    choice = choice or FaceChoice()
    bundle = load_bundle()
    follower = FaceFollower(bundle, choice)
    times, shots, found = _followed(footage, follower, progress)
    tracked = np.array([face is not None for face in found])
    if not tracked.any():
        raise TrackingError(_nobody(footage, choice, follower.most_faces, len(times)))

    shot = np.array(shots, np.int32)
    presence = np.array([0.0 if face is None else face[1] for face in found], np.float32)
    points = np.stack([NOWHERE if face is None else face[0] for face in found])
    found.clear()  # the landmarks are the most that is held
    points = smoothed(points, stretches(tracked, shot), sigma)
    blendshapes = BlendshapeNetwork(bundle.blendshapes)
    scores = np.stack([blendshapes(p) if t else NOTHING for p, t in zip(points, tracked, strict=True)])
    progress(1.0, STAGE)
    return FaceTrack(
        width=footage.width,
        height=footage.height,
        times=tuple(times),
        length=max(footage.length or Fraction(0), times[-1] + 1 / footage.rate),
        start=footage.start,
        rate=footage.rate,
        tracked=tracked,
        shot=shot,
        presence=presence,
        points=points,
        scores=scores,
        channels=CHANNELS,
        meta={
            "source": footage.name,
            "still": str(footage.still).lower(),
            "face": str(choice),
            "smoothing": repr(float(sigma)),
            "networks_sha256": bundle.sha256,
            "notes": json.dumps([*footage.notes, *_strangers(follower.shot_looks, shot, times)]),
        },
    )


def _followed(
    footage: Footage, follower: FaceFollower, progress: Progress
) -> tuple[list[Fraction], list[int], list[tuple[np.ndarray, float] | None]]:
    """(times, shots, found) of each picture: the face's landmarks with their presence, None where it is not seen."""
    is_cut = CutDetector()
    times: list[Fraction] = []
    shots: list[int] = []
    found: list[tuple[np.ndarray, float] | None] = []
    for picture in footage.pictures():
        cut = is_cut(picture.pixels)
        times.append(picture.time)
        shots.append((shots[-1] if shots else 0) + cut)
        found.append(follower(picture.pixels, cut))
        if follower.withdrawn:
            found[-1 - follower.withdrawn : -1] = [None] * follower.withdrawn
        if footage.length:
            progress(min(1.0, float(picture.time / footage.length)), STAGE)
    return times, shots, found


def _strangers(looks: dict[int, np.ndarray], shot: np.ndarray, times: list[Fraction]) -> list[str]:
    """A sentence where the faces of some shots look unlike the first one's."""
    first = next(iter(looks.values()))
    begins = [
        times[int(np.argmax(shot == number))] for number in looks if difference(looks[number], first) > OTHER_PERSON
    ]
    if not begins:
        return []
    where = ", ".join(f"{float(begin):.2f}" for begin in begins)
    return [f"the face may be another person's after the cut{'s' * (len(begins) > 1)} at {where} s"]


def _nobody(footage: Footage, choice: FaceChoice, most: int, pictures: int) -> str:
    what = "photo" if footage.still else f"film ({pictures} pictures)"
    if most == 0:
        return (
            f"No face was found in the {what} {footage.name!r}. It should be at least a tenth of the picture high and "
            "be seen from the front or half from the side; cut the picture closer to it."
        )
    if choice.at is not None:
        return (
            f"No face was found at {choice.at[0]:g},{choice.at[1]:g} in the {what} {footage.name!r} of "
            f"{footage.width}x{footage.height} pixels, but there are others; point at one, or leave the point out."
        )
    faces = "1 face was" if most == 1 else f"{most} faces were"
    return f"At most {faces} found at a time in the {what} {footage.name!r}; {choice} was asked for."
