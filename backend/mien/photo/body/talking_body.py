# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH of the room: a half-length photo opened as a body, and the take that moves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mien.body_tracking.body import SIDES, BodyTracker, TrackedBody
from mien.body_tracking.pose import NOSE
from mien.engines.diffted.key_points import BodyMotion, rest_points
from mien.engines.diffted.placed_motion import key_points
from mien.engines.diffted.reach import reach_of
from mien.photo import PortraitError
from mien.photo.animator import Animator
from mien.photo.body.body_warp import BodyWarp
from mien.photo.body.layers import body_layers
from mien.photo.body.options import TalkOptions
from mien.photo.fit import fit_face

LEAST_SHOULDERS = 40.0  # pixels between the shoulders, below which arms are a few pixels wide


class TalkingBody:
    """The body of pixels (H, W, 3) uint8. `animator` draws it and is to be closed; `notes`: sentences for the user.

    PortraitError in words where there is no body to move, PortraitRefused where it cannot be told from the background.
    """

    def __init__(self, pixels: np.ndarray, options: TalkOptions, name: str) -> None:
        self.options = options
        face = fit_face(pixels, options.face, name)
        self.body = tracked_body(pixels, name, face.points)
        layers = body_layers(pixels, face.points, self.body)
        self.warp = BodyWarp(layers, rest_points(self.body))
        self.animator = Animator(pixels, name=name, face=face, layers=layers.base, body=self.warp)
        self.notes = tuple(self._notes())
        self.points = rest_points(self.body)[None]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the person, pixels."""
        seen = np.any([~self.animator.nobody, *(image[..., 3] > 0 for image in self.warp.images.values())], 0)
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)

    def follow(self, motion: BodyMotion) -> None:
        """The motion whose frames `pose` shows from now on."""
        chosen = [self.options.hands in ("both", side) for side in SIDES]
        motion = replace(motion, wrists=motion.wrists * np.array(chosen)[:, None], hands=motion.hands * chosen)
        self.points = key_points(motion, self.body, self.options.gestures)

    def pose(self, number: int) -> None:
        """Frame `number` of the motion is drawn next."""
        self.warp.pose(self.points[min(number, len(self.points) - 1)])

    def _notes(self) -> Iterator[str]:
        for side, reach in reach_of(self.body).items():
            if reach.why:
                little = "stays with its arm" if not reach.seen else "moves little"
                yield f"the person's {side} hand {little}: {reach.why}"


def tracked_body(pixels: np.ndarray, name: str, face: np.ndarray | None = None) -> TrackedBody:
    """The body in pixels (H, W, 3) uint8 that has the landmarks of a face (478, 3). PortraitError in words where there
    is none, or a tiny one."""
    middle = None if face is None else face[:, :2].mean(0)
    body = BodyTracker().still(np.ascontiguousarray(pixels), middle)
    if body is not None and face is not None:
        tall = float(np.ptp(face[:, 1]))
        body = body if np.hypot(*(body.points[NOSE, :2] - middle)) < tall else None
    if body is None:
        raise PortraitError(
            f"No body is seen in {name!r}; a talk needs a photo with head, shoulders and arms. mien portrait moves a "
            "face alone."
        )
    if body.shoulder_width < LEAST_SHOULDERS:
        raise PortraitError(
            f"The body in {name!r} is too small: {body.shoulder_width:.0f} pixels between the shoulders. At least "
            f"{LEAST_SHOULDERS:.0f} are needed; use a larger picture, or cut this one closer."
        )
    return body
