# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a photo and a voice become the film of that face saying it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.engines.base import Progress, no_progress
from mien.photo import PortraitError
from mien.photo.options import PortraitOptions


@dataclass(frozen=True)
class PortraitReport:
    """What became of a portrait.

    output: the film; frames: pictures of it; size: (width, height) pixels; fps: pictures a second, exact, as text;
    engine, seed: of the take; faces: how many were found in the photo; notes: sentences for the user; seconds: of work,
    by stage.
    """

    output: str
    frames: int
    size: tuple[int, int]
    fps: str
    engine: str
    seed: int
    faces: int
    notes: tuple[str, ...]
    seconds: dict[str, float]


def portrait(
    photo: Path,
    voice: Path,
    output: Path,
    options: PortraitOptions | None = None,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> PortraitReport:
    """The face in `photo` speaks `voice`: a film written to `output`, whole or not at all.

    `progress(fraction, stage)` may raise Cancelled, as `cancelled()` asks for it; both are called for every picture.
    Raises PortraitError, VideoError, SpeechError, TrackingError, EngineError or DirectionError in words, ConsentMissing
    where none is on record for the photo.
    """
    raise PortraitError("mien portrait is being written; it makes no film yet.")
