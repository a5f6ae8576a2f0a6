# SPDX-License-Identifier: GPL-3.0-or-later
"""A preview looks at no more of a film than it needs: what it shows, and enough of the speaker to learn from."""

from __future__ import annotations

from fractions import Fraction

from mien.engines.base import Progress
from mien.engines.personatalk.options import DubOptions
from mien.face_tracking import TrackingError
from mien.face_tracking.track import FaceTrack
from mien.face_tracking.tracker import track_face
from mien.video.excerpt import excerpt
from mien.video.footage import Footage

LOOKED_AT = Fraction(8)  # s: enough for the pictures and for the style of a mouth (docs/measurements/dubbing.md)
ENOUGH = Fraction(4)  # s that have to show the face, else the whole film is looked at


def tracked_preview(footage: Footage, options: DubOptions, progress: Progress) -> tuple[Footage, FaceTrack] | None:
    """The beginning of the footage, which begins at `options.begin`, and its track; None where no preview is asked for,
    or all of the footage has to be looked at. What tracking and reading raise, but for a face that is not there."""
    if options.preview is None or options.references is not None:
        return None
    seconds = max(LOOKED_AT, options.preview)
    if footage.length is not None and footage.length <= seconds:
        return None
    part = excerpt(footage, Fraction(0), footage.start + seconds)
    try:
        track = track_face(part, options.face, progress=progress)
    except TrackingError:
        return None
    return (part, track) if int(track.tracked.sum()) >= ENOUGH * track.rate else None
