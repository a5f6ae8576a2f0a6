# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a film and another voice become the film of the same person saying the other words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.engines.base import Progress, no_progress
from mien.engines.personatalk import DubError
from mien.engines.personatalk.options import DubOptions


@dataclass(frozen=True)
class DubReport:
    """What became of a dub.

    output: the film; frames: pictures of it; dubbed: how many of them have a new mouth; kept: (begin, end, why) of the
    stretches that keep their own pictures, in seconds of the output; sound_late: seconds by which the film's own sound
    was late against its lips, and was corrected for learning (negative: early), None where it was not found;
    notes: sentences for the user; seconds: of work, by stage.
    """

    output: str
    frames: int
    dubbed: int
    kept: tuple[tuple[float, float, str], ...]
    sound_late: float | None
    notes: tuple[str, ...]
    seconds: dict[str, float]


def dub(
    video: Path,
    voice: Path,
    output: Path,
    options: DubOptions | None = None,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> DubReport:
    """The film `video` with the words of `voice`, written to `output`, whole or not at all.

    `progress(fraction, stage)` may raise Cancelled, as `cancelled()` asks for it; both are called for every picture.
    Raises DubError, VideoError, SpeechError, TrackingError, EngineError or DirectionError in words.
    """
    raise DubError("mien dub is being written; it makes no film yet.")
