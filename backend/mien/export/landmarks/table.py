# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks as text: CSV with a row for each frame, and JSON that says all that it means."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from mien.export.landmarks.frame import HEAD, PHOTO, LandmarkFrame
from mien.heads.landmark_track import LINES, LandmarkTrack

FORMAT, VERSION = "mien.landmarks", "1"
DIGITS = {HEAD: 3, PHOTO: 2}  # after the point; 5 in parts of the eye distance
ANGLES = ("head_pitch", "head_yaw", "head_roll", "gaze_pitch", "gaze_yaw")


def csv_text(track: LandmarkTrack, frame: LandmarkFrame, still: bool = False) -> str:
    """Columns: frame (from 0), seconds of the sound, angles in radians, then x0, y0 to x67, y67 (with z in the head's
    own frame)."""
    places = [f"{axis}{point}" for point in range(track.points.shape[1]) for axis in frame.axes]
    rows = [",".join(("frame", "seconds", *ANGLES, *places))]
    for i, (seconds, angles, points) in enumerate(_frames(track, frame, still)):
        numbers = [f"{value:.5f}" for value in angles]
        rows.append(",".join((str(i), f"{seconds:.6f}", *numbers, *_texts(points.ravel(), frame))))
    return "\n".join(rows) + "\n"


def json_text(track: LandmarkTrack, frame: LandmarkFrame, still: bool = False) -> str:
    """One object: what the numbers mean, the lines to draw through the points, and the frames."""
    size = {} if frame.size is None else {"width": frame.size[0], "height": frame.size[1]}
    frames = [
        {
            "seconds": round(float(seconds), 6),
            **{name: round(float(value), 5) for name, value in zip(ANGLES, angles, strict=True)},
            "points": [[float(text) for text in _texts(point, frame)] for point in points],
        }
        for seconds, angles, points in _frames(track, frame, still)
    ]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "order": "iBUG-68",
        "space": {"name": frame.name, "unit": frame.unit, "axes": frame.axes, "head_moves": not still, **size},
        "fps": str(track.fps),
        "start": track.start,
        "duration": float(track.duration),
        "lines": {name: {"points": list(points), "closed": closed} for name, (points, closed) in LINES.items()},
        "rest": [[float(text) for text in _texts(point, frame)] for point in frame.projected(track.rest)],
        "info": dict(track.info),
        "frames": frames,
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def _frames(track: LandmarkTrack, frame: LandmarkFrame, still: bool) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """(seconds, angles (5,), points (68, axes)) of each frame."""
    gaze = track.gaze if track.gaze is not None else np.zeros((track.frames, 2), np.float32)
    yield from zip(track.times, np.concatenate([track.head, gaze], 1), frame.points(track, still), strict=True)


def _texts(values: np.ndarray, frame: LandmarkFrame) -> list[str]:
    digits = DIGITS.get(frame.name, 5)
    return [f"{value:.{digits}f}" for value in values]
