# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of reference of landmarks: the head's own in mm, two dimensions by the distance of the eyes, a photo's pixels.

Both frames of two dimensions are without perspective: x to the right of the picture, which is the head's left, y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import USAGE
from mien.heads.landmark_track import OUTER_EYES, LandmarkError, LandmarkTrack

HEAD, EYES, PHOTO = "head", "eyes", "photo"
NAMES = (EYES, PHOTO, HEAD)
UNITS = {HEAD: "mm", EYES: "eye distance", PHOTO: "pixel"}


class FrameChoice(LandmarkError):
    """The track has no points in the frame that was asked for."""

    exit_status = USAGE


@dataclass(frozen=True, eq=False)
class LandmarkFrame:
    """name: one of NAMES; camera (2, 4): x and y of the frame = camera @ (x, y, z, 1) of a point in mm, or None for the
    head's own frame, of three dimensions; size: width and height of the photo in pixels."""

    name: str
    camera: np.ndarray | None = None
    size: tuple[int, int] | None = None

    @property
    def unit(self) -> str:
        return UNITS[self.name]

    @property
    def axes(self) -> str:
        return "xyz" if self.camera is None else "xy"

    def points(self, track: LandmarkTrack, still: bool = False) -> np.ndarray:
        """(F, 68, 2) float32, or (F, 68, 3) mm in the head's own frame, of a track's points; with the head's motion
        unless `still`."""
        return self.projected(track.points if still else track.turned)

    def projected(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) float32 of points (..., 3) in mm; the points themselves in the head's own frame."""
        if self.camera is None:
            return points
        return (points @ self.camera[:, :3].T + self.camera[:, 3]).astype(np.float32)


def frame_of(track: LandmarkTrack, name: str = "") -> LandmarkFrame:
    """The frame of that name for a track; without a name the photo's where the track is of one, else the eyes'.

    eyes: the origin is between the outer corners of the eyes at rest, with the head straight, and 1 is their distance.
    FrameChoice for an unknown name, and for the photo's frame of a track without a photo.
    """
    name = name or (EYES if track.camera is None else PHOTO)
    if name == HEAD:
        return LandmarkFrame(HEAD)
    if name == EYES:
        return LandmarkFrame(EYES, eyes_camera(track))
    if name != PHOTO:
        raise FrameChoice(f"there is no frame {name!r} of landmarks; choose one of {', '.join(NAMES)}.")
    if track.camera is None:
        raise FrameChoice(
            "the landmarks are of no photo, so they have no pixels; make them with --photo, or choose eyes."
        )
    return LandmarkFrame(PHOTO, track.camera, photo_size(track))


def eyes_camera(track: LandmarkTrack) -> np.ndarray:
    """(2, 4) float32: the camera of the frame `eyes`."""
    scale = 1 / track.eye_distance
    middle = track.rest[list(OUTER_EYES)].mean(0)
    return np.array([[scale, 0, 0, -scale * middle[0]], [0, -scale, 0, scale * middle[1]]], np.float32)


def photo_size(track: LandmarkTrack) -> tuple[int, int]:
    """(width, height) in pixels of the photo that a track is of. LandmarkError where the file does not say it."""
    try:
        width, height = int(track.info["width"]), int(track.info["height"])
    except (KeyError, ValueError):
        raise LandmarkError("the landmarks do not say how large their photo is; make them again.") from None
    if not (0 < width <= 1 << 16 and 0 < height <= 1 << 16):
        raise LandmarkError(f"the landmarks' photo is {width}x{height} pixels, which is no size of a photo.")
    return width, height
