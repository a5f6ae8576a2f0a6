# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks of people: of a face in a photo, and of a face tracked through a film; the 478 of the tracker as the 68.

The tracker's canonical face is laid on the default head once, so tracked points are in the default head's frame, and as
large: their outer eye corners are as far apart as the default head's. How large a face is no picture says.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.calibration import REST_SECONDS, calibrate
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.head_pose import PICTURE_AXES
from mien.face_tracking.landmark_indices import IBUG
from mien.face_tracking.to_take import take_from_track
from mien.face_tracking.track import FaceTrack
from mien.face_tracking.tracker import track_face
from mien.heads.default import load_head
from mien.heads.landmark_track import INNER_LIPS, MM, LandmarkError, LandmarkTrack, default_rest, eye_distance
from mien.numeric.rigid_fit import fit
from mien.video.reader import open_footage

STILL = (*range(27, 36), 36, 39, 42, 45)  # landmarks that a face moves little: nose and corners of the eyes
OPEN_MOUTH = 0.06  # parts of the eye distance between the lips, from which the photo's mouth is called open
TURNED = np.radians(25)  # from which the far half of a face is guessed more than seen
PHOTO = "photo"  # the identity of a track of a photo


@dataclass(frozen=True, eq=False)
class PhotoFace:
    """A face in a photo: rest (68, 3) float32 mm in the frame of the default head, its lips as far apart as the default
    head's at rest; camera (2, 4) float32 as in a LandmarkTrack; name, width and height of the photo; notes: sentences
    on what is unusual."""

    rest: np.ndarray
    camera: np.ndarray
    name: str
    width: int
    height: int
    notes: tuple[str, ...]


def photo_face(path: Path, choice: FaceChoice | None = None) -> PhotoFace:
    """The face in a photo that is meant, the largest unless said. VideoError for a file that cannot be read,
    TrackingError where no face is found, LandmarkError for a film."""
    footage = open_footage(path)
    if not footage.still:
        raise LandmarkError(f"{footage.name} is a film, not a photo; name a photo, or track the film with mien track.")
    track = track_face(footage, choice)
    points, camera = _in_head(track, np.array([0]))
    rest = points[0]
    notes = list(json.loads(track.meta["notes"]))
    if _gaps(rest).max() > OPEN_MOUTH * eye_distance(rest):
        notes.append(
            "the mouth in the photo is open; it was closed, and a photo with closed lips gives better landmarks"
        )
    pitch, yaw, _ = track.pose.head_rotation[0]
    if max(abs(pitch), abs(yaw)) > TURNED:
        degrees = round(float(np.degrees(max(abs(pitch), abs(yaw)))))
        notes.append(f"the head in the photo is turned by {degrees} degrees; the side that is hidden is guessed")
    return PhotoFace(at_rest(rest), camera[0], footage.name, footage.width, footage.height, tuple(notes))


def on_photo(track: LandmarkTrack, face: PhotoFace) -> LandmarkTrack:
    """The track's motion on the face of the photo, in its place in the photo: the head's rotation is added to that of
    the photo. A track that has this face's rest already keeps its points."""
    points = track.points
    if not np.array_equal(track.rest, face.rest):
        scale = eye_distance(face.rest) / track.eye_distance
        points = (face.rest + scale * (points - track.rest)).astype(np.float32)
    info = {"identity": PHOTO, "photo": face.name, "width": str(face.width), "height": str(face.height)}
    return replace(track, points=points, rest=face.rest, camera=face.camera, info={**track.info, **info})


def at_rest(points: np.ndarray) -> np.ndarray:
    """(68, 3) float32 mm of points (68, 3): the face with its lips as far apart as the default head's at rest. An open
    mouth is closed by the jaw, closed lips are parted."""
    scale = eye_distance(points) / eye_distance(default_rest())
    wanted = scale * _gaps(default_rest())
    head = load_head()
    jaw = scale * MM * head.deltas[head.channels.index("jawOpen")][head.landmarks]
    excess = max(float((_gaps(points) - wanted)[1]), 0.0)
    rest = points - jaw * excess / float(_gaps(jaw)[1])
    for (upper, lower), gap in zip(INNER_LIPS, wanted, strict=True):
        middle = (rest[upper, 1] + rest[lower, 1]) / 2
        rest[upper, 1], rest[lower, 1] = middle + gap / 2, middle - gap / 2
    return rest.astype(np.float32)


def landmarks_of_track(track: FaceTrack, neutral: int | None = None) -> LandmarkTrack:
    """The landmarks of a face tracked through a film, with head rotation, gaze and timing as `take_from_track` has
    them. rest: the median of the calmest pictures, or the picture `neutral`. Where the face was not found they go
    straight from where they were to where they are next. TrackingError as `calibrate` does."""
    take = take_from_track(track, neutral)
    seen = np.flatnonzero(track.tracked)
    points, _ = _in_head(track, seen)
    rest = points[seen == neutral][0] if neutral is not None else np.median(points[_calmest(track, seen)], axis=0)
    # One size for the whole film: the tracker's differs from picture to picture.
    size = np.array([eye_distance(each) for each in points])
    points = points * (eye_distance(rest) / size)[:, None, None]
    moments = take.times if not track.steady else float(track.start) + track.seconds[: take.frames]
    seconds = float(track.start) + track.seconds[seen]
    flat = points.reshape(len(points), -1)
    moved = np.stack([np.interp(moments, seconds, column) for column in flat.T], 1).reshape(-1, *rest.shape)
    return LandmarkTrack(
        points=moved.astype(np.float32),
        head=take.head_rotation,
        gaze=take.gaze,
        fps=take.fps,
        info={key: take.meta[key] for key in ("source", "engine", "gaps", "cuts") if key in take.meta},
        rest=rest.astype(np.float32),
        start=take.start,
        duration=take.duration,
    )


@functools.cache
def _canonical_turn() -> np.ndarray:
    """(3, 3) rotation that lays the tracker's canonical face on the default head."""
    turn, _ = fit(canonical_face().points[list(IBUG)][list(STILL)] * 10, default_rest()[list(STILL)].astype(float))
    return turn


def _in_head(track: FaceTrack, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(points (N, 68, 3) float64 mm in the frame of the default head, cameras (N, 2, 4) float32 that put them back into
    the pictures) of the pictures `rows` (N,)."""
    pose = track.pose
    turn, scale, shift = pose.turn[rows], pose.scale[rows], pose.shift[rows]
    seen = track.points[rows][:, list(IBUG)].astype(float)
    flat = ((seen - shift[:, None]) @ turn) / scale[:, None, None] * PICTURE_AXES  # cm, the canonical face's axes
    straight = flat @ _canonical_turn().T
    still = list(STILL)
    size = np.array([eye_distance(default_rest()) / eye_distance(each) for each in straight])
    sized = straight * size[:, None, None]
    place = default_rest()[still].mean(0) - sized[:, still].mean(1)
    points = sized + place[:, None]
    # pixels = scale * turn @ axes @ canonical_turn^T @ (point - place) / size + shift
    matrix = (scale / size)[:, None, None] * (turn * PICTURE_AXES) @ _canonical_turn().T
    offset = shift - (matrix @ place[:, :, None])[..., 0]
    return points, np.concatenate([matrix[:, :2], offset[:, :2, None]], 2).astype(np.float32)


def _calmest(track: FaceTrack, seen: np.ndarray) -> np.ndarray:
    """Rows of `seen` in which the face moves least from its neutral."""
    unrest = calibrate(track).weights(track)[seen].sum(1)
    return np.argsort(unrest, kind="stable")[: max(3, round(REST_SECONDS * float(track.rate)))]


def _gaps(points: np.ndarray) -> np.ndarray:
    """(3,) heights between the inner lips."""
    return np.array([points[upper, 1] - points[lower, 1] for upper, lower in INNER_LIPS])
