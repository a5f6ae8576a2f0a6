# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the plane that drawings of landmarks show: a photo, or a box around all of a track's points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.export.landmarks.frame import HEAD, PHOTO, FrameChoice, LandmarkFrame, frame_of
from mien.heads.landmark_track import LandmarkTrack

PERCENT = 100.0  # drawings without a photo are in % of the eye distance: programs round small numbers
MARGIN = 0.12  # of the box's larger side
LINE = 0.004  # width of a line, of the larger side


@dataclass(frozen=True, eq=False)
class Canvas:
    """window: left, top, width, height in units of the drawing: pixels of the photo, or % of the eye distance; `scale`:
    of them in a unit of `frame`; still: whether the head's motion is left out."""

    frame: LandmarkFrame
    window: tuple[float, float, float, float]
    scale: float
    still: bool

    @property
    def line_width(self) -> float:
        return max(self.window[2:]) * LINE

    def points(self, track: LandmarkTrack) -> np.ndarray:
        """(F, 68, 2) float32 in units of the drawing."""
        return self.frame.points(track, self.still) * np.float32(self.scale)


def canvas_of(track: LandmarkTrack, name: str = "", still: bool = False) -> Canvas:
    """The canvas for a track in the frame of that name (`frame_of`). FrameChoice as there, and for the head's own
    frame, which has three dimensions."""
    if name == HEAD:
        raise FrameChoice("drawings and films have two dimensions; leave the frame head to csv and json.")
    frame = frame_of(track, name)
    if frame.name == PHOTO and frame.size is not None:
        return Canvas(frame, (0.0, 0.0, float(frame.size[0]), float(frame.size[1])), 1.0, still)
    points = frame.points(track, still) * PERCENT
    low, high = points.min((0, 1)), points.max((0, 1))
    margin = MARGIN * float((high - low).max())
    left, top = np.floor(low - margin)
    right, bottom = np.ceil(high + margin)
    return Canvas(frame, (float(left), float(top), float(right - left), float(bottom - top)), PERCENT, still)
