# SPDX-License-Identifier: GPL-3.0-or-later
"""The LandmarkTrack: 68 points of a talking face over time, and its file, a safetensors of the format `mien.landmarks`.

A file of its own and no take: both halves of Mien refuse a take with tensors that they do not know, and 68 points move
no mesh until they are fitted (`landmark_fitting.py`). The points are in the order of iBUG-68 (Sagonas et al. 2013, "300
Faces in-the-Wild Challenge", figure 1), which docs/landmarks.md draws: 0-16 the contour from the head's right ear to
its left, 17-26 brows, 27-35 nose, 36-41 right eye, 42-47 left eye, 48-59 outer lips, 60-67 inner lips.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from mien.errors import FILE, MienError
from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.heads.default import Head, load_head, rotation_matrix
from mien.heads.identity import Identity
from mien.take import (
    FRAME_LIMIT,
    Take,
    TakeError,
    check_lists,
    exact,
    frame_count,
    frame_times,
    parse_fps,
    parse_fraction,
)

FORMAT, VERSION, SUFFIX = "mien.landmarks", "1", ".landmarks.safetensors"
POINTS = 68
OUTER_EYES = (36, 45)  # the head's right and left outer corner: their distance is the unit of lengths in a face
INNER_LIPS = ((61, 67), (62, 66), (63, 65))  # upper, lower
# Lines that are drawn through them: points, and whether the line is closed.
LINES: dict[str, tuple[range, bool]] = {
    "contour": (range(17), False),
    "right_brow": (range(17, 22), False),
    "left_brow": (range(22, 27), False),
    "nose_bridge": (range(27, 31), False),
    "nostrils": (range(31, 36), False),
    "right_eye": (range(36, 42), True),
    "left_eye": (range(42, 48), True),
    "outer_lips": (range(48, 60), True),
    "inner_lips": (range(60, 68), True),
}
MM = 1000.0  # in a metre: heads are in metres
SHAPES: dict[str, tuple[int, ...]] = {  # tensors of a file; F and axes after it, or the whole shape of the last three
    "points": (POINTS, 3),
    "head_rotation": (3,),
    "gaze": (2,),
    "rest": (POINTS, 3),
    "pivot": (3,),
    "camera": (2, 4),
}
OF_FRAMES, OPTIONAL = ("points", "head_rotation", "gaze"), ("gaze", "camera")
FIELDS = ("fps", "start", "duration")
# Of a take's metadata what says nothing of its landmarks: the file's own fields, and the head's.
OF_TAKE = ("format", "format_version", *FIELDS, "channels", "head", "head_sha256", "head_shape")


class LandmarkError(MienError, ValueError):
    """The landmarks cannot be used; the message says what was asked, what was found, what to do."""

    exit_status = FILE


@cache
def default_rest() -> np.ndarray:
    """(68, 3) float32 mm: the landmarks of the default head at rest."""
    return rest_of(load_head())


@cache
def default_pivot() -> np.ndarray:
    """(3,) float32 mm: about what the default head turns."""
    return (load_head().joint("neck") * MM).astype(np.float32)


def rest_of(head: Head) -> np.ndarray:
    """(68, 3) float32 mm: the landmarks of a head, or of an identity's, at rest."""
    return (head.vertices[head.landmarks] * MM).astype(np.float32)


@dataclass(frozen=True, eq=False)
class LandmarkTrack:
    """68 points over F frames; frame i is at `start + i / fps` seconds of the sound. float32, mm, radians.

    points (F, 68, 3): in the head's own frame, that of the default head at rest: +x the head's own left, y up, z out of
    the face, origin at the root of the neck. The head's motion is not in them. head (F, 3): pitch, yaw, roll about
    `pivot`, and gaze (F, 2) or None, both as in a Take. rest (68, 3): the points of this face at rest. pivot (3,). The
    last two are the default head's unless given. camera (2, 4) or None: pixels x (to the right) and y (down) of the
    photo that the face is of = camera @ (x, y, z, 1) of points with the head's motion. duration: seconds of the sound,
    those of the frames unless given. info: text, as the metadata of a take: "identity", "engine", "seed", and "width"
    and "height" of the photo. Raises LandmarkError where the parts do not belong together.
    """

    points: np.ndarray
    head: np.ndarray
    gaze: np.ndarray | None
    fps: Fraction
    info: Mapping[str, str] = field(default_factory=dict)
    rest: np.ndarray = field(default_factory=default_rest)
    pivot: np.ndarray = field(default_factory=default_pivot)
    camera: np.ndarray | None = None
    start: float = 0.0
    duration: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fps", _fps(self.fps))
        if not self.duration:
            object.__setattr__(self, "duration", exact(self.start) + len(self.points) / self.fps)
        check(self)

    @property
    def frames(self) -> int:
        return len(self.points)

    @property
    def times(self) -> np.ndarray:
        """(F,) seconds of each frame in the sound, float64."""
        return frame_times(self.frames, self.fps, self.start)

    @property
    def eye_distance(self) -> float:
        """mm between the outer corners of the eyes at rest."""
        return eye_distance(self.rest)

    @property
    def turned(self) -> np.ndarray:
        """(F, 68, 3) float32 mm: the points with the head's motion."""
        turn = rotation_matrix(self.head).astype(np.float32)
        return (self.points - self.pivot) @ np.swapaxes(turn, -1, -2) + self.pivot

    @property
    def lip_gap(self) -> np.ndarray:
        """(F, 3) parts of the eye distance between the inner lips: right, middle, left; negative where they cross."""
        upper, lower = (self.points[:, [pair[side] for pair in INNER_LIPS], 1] for side in (0, 1))
        return (upper - lower) / self.eye_distance

    def to_bytes(self) -> bytes:
        """The file: the same track always gives the same bytes."""
        values = {name: getattr(self, "head" if name == "head_rotation" else name) for name in SHAPES}
        meta = {
            **self.info,
            "format": FORMAT,
            "format_version": VERSION,
            "fps": str(self.fps),
            "start": repr(float(self.start)),
            "duration": str(self.duration),
        }
        return write_tensors({name: array for name, array in values.items() if array is not None}, meta)


def landmarks_of(take: Take, face: Head | Identity | None = None) -> LandmarkTrack:
    """The landmarks of a take of any engine on the default head, or on an identity.

    HeadError where the take is of another head; a take of FLAME becomes channels first (`retarget.retargeter`).
    """
    identity = face.name if isinstance(face, Identity) else ""
    head = face.head if isinstance(face, Identity) else face or load_head()
    if take.weights is not None:
        deltas = head.deltas[head.order(take.channels)][:, head.landmarks]
        points = head.vertices[head.landmarks] + np.tensordot(take.weights, deltas, 1)
    else:
        points = head.faces(take)[:, head.landmarks]
    info = {key: value for key, value in take.meta.items() if key not in OF_TAKE}
    return LandmarkTrack(
        points=(points * MM).astype(np.float32),
        head=take.head_rotation,
        gaze=take.gaze,
        fps=take.fps,
        info=info | ({"identity": identity} if identity else {}),
        rest=rest_of(head),
        pivot=(head.joint("neck") * MM).astype(np.float32),
        start=take.start,
        duration=take.duration,
    )


def eye_distance(points: np.ndarray) -> float:
    """Between the outer corners of the eyes in points (68, n)."""
    return float(np.linalg.norm(points[OUTER_EYES[0]] - points[OUTER_EYES[1]]))


def check(track: LandmarkTrack) -> None:
    """LandmarkError when the parts of a track do not belong together."""
    frames = len(track.points)
    if not 0 < frames <= FRAME_LIMIT:
        raise LandmarkError(f"the landmarks have {frames} frames; 1 to {FRAME_LIMIT} are possible.")
    for name, tail in SHAPES.items():
        array = getattr(track, "head" if name == "head_rotation" else name)
        if array is None and name in OPTIONAL:
            continue
        shape = (frames, *tail) if name in OF_FRAMES else tail
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.float32:
            found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else f"{array!r:.40}"
            raise LandmarkError(f"the landmarks' {name} is {found}; expected float32 {shape}.")
        if not np.isfinite(array).all():
            raise LandmarkError(f"the landmarks' {name} has a value that is no number; make them again.")
    if not track.eye_distance > 0:
        raise LandmarkError("the landmarks' rest has both eyes in one place; make them again.")
    needed = frame_count(track.duration - exact(track.start), track.fps)
    if frames != needed:
        raise LandmarkError(
            f"the landmarks have {frames} frames; from {track.start} s to the sound's end at "
            f"{float(track.duration)} s, {track.fps} a second are {needed}."
        )


def write_landmarks(track: LandmarkTrack, path: Path | str) -> None:
    """Write the file, whole or not at all."""
    write_whole(Path(path), track.to_bytes())


def read_landmarks(source: Path | str | bytes) -> LandmarkTrack:
    """Read and check a file (a path, or the bytes). LandmarkError in words; OSError for a missing file."""
    try:
        tensors, meta = read_tensors(source, dtypes=("F32",))
    except TensorFileError as error:
        raise LandmarkError(str(error)) from None
    if meta.get("format") != FORMAT or meta.get("format_version") != VERSION:
        raise LandmarkError(
            f"these are no landmarks that this Mien reads: the format is {meta.get('format')!r} version "
            f"{meta.get('format_version')!r}, expected {FORMAT!r} version {VERSION!r}."
        )
    missing = sorted(set(SHAPES) - set(OPTIONAL) - set(tensors)) + [name for name in FIELDS if name not in meta]
    unknown = sorted(set(tensors) - set(SHAPES))
    if missing or unknown:
        state = "missing" if missing else "unknown"
        raise LandmarkError(f"the landmarks are damaged: {(missing + unknown)[0]!r} is {state}.")
    check_lists(meta, "the landmarks", LandmarkError)
    return LandmarkTrack(
        head=tensors.pop("head_rotation"),
        gaze=tensors.pop("gaze", None),
        fps=_fps(meta["fps"]),
        start=_start(meta["start"]),
        duration=_duration(meta["duration"]),
        info={key: value for key, value in meta.items() if key not in (*FIELDS, "format", "format_version")},
        **tensors,
    )


def _fps(value: Fraction | int | str) -> Fraction:
    try:
        return parse_fps(value)
    except TakeError as error:
        raise LandmarkError(str(error)) from None


def _start(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,20})?(e-[0-9]{1,3})?", text):
        raise LandmarkError(f"the landmarks' start is {text!r:.40}; expected seconds as a decimal number.")
    return float(text)


def _duration(text: str) -> Fraction:
    seconds = parse_fraction(text)
    if not seconds:
        raise LandmarkError(
            f"the landmarks' duration is {text!r:.40}; expected seconds as a whole number or a fraction."
        )
    return seconds
