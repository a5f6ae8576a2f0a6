# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a half-length photo and a voice become the film of that person talking, hands included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien.engines.base import Progress, no_progress
from mien.photo.body.options import TalkOptions
from mien.portrait import PortraitReport, portrait

if TYPE_CHECKING:
    import numpy as np

    from mien.engines.diffted.key_points import BodyMotion
    from mien.photo.options import PortraitOptions
    from mien.take import Take

FOLLOWS = 0.12  # shoulder widths that a chest goes along with a head turned by a radian, where a take has no joints


def talk(
    photo: Path,
    voice: Path,
    output: Path,
    options: TalkOptions | None = None,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> PortraitReport:
    """The person in `photo` says `voice` with head, shoulders, arms and hands: a film written to `output`, whole or not
    at all. What `portrait` says of progress, errors and consent holds; PortraitError, too, where there is no body."""
    options = options or TalkOptions()
    moves = options.gestures > 0 and options.hands != "none"
    # Joints are made at their own size; the photo's limits and the options' scale come where they are laid onto it.
    direction = replace(options.direction, gestures=float(moves), hands=options.hands)
    return portrait(photo, voice, output, replace(options, direction=direction), progress, cancelled, OpenedBody)


class OpenedBody:
    """A half-length photo of which face and body move. PortraitError, PortraitRefused, VideoError, OpenGLMissing."""

    def __init__(self, pixels: np.ndarray, options: PortraitOptions, name: str) -> None:
        from mien.photo.body.talking_body import TalkingBody

        assert isinstance(options, TalkOptions)
        self._body = TalkingBody(pixels, options, name)
        self.animator, self.notes, self.box = self._body.animator, self._body.notes, self._body.box

    def follow(self, take: Take) -> None:
        self._body.follow(motion_of_take(take))

    def pose(self, number: int) -> None:
        self._body.pose(number)


def motion_of_take(take: Take) -> BodyMotion:
    """The body's motion of a take: that of its joints, and where it has none the chest that goes along with the
    head."""
    from mien.engines.diffted.body_motion import body_motion
    from mien.engines.diffted.key_points import still_motion

    if take.joints is not None:
        return body_motion(take.joints, take.joint_names, take.head_rotation, float(take.fps))
    motion = still_motion(take.head_rotation)
    motion.chest[:, 0] = FOLLOWS * motion.head[:, 1]
    motion.roll[:] = -0.2 * motion.head[:, 2]
    return motion
