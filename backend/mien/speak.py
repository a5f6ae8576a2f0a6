# SPDX-License-Identifier: GPL-3.0-or-later
"""The main path: a voice and a direction become a take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from mien import engines
from mien.audio.speech import Speech
from mien.direction import ANGLES, Direction
from mien.engines import Progress, no_progress
from mien.heads.default import Head, load_head
from mien.heads.flame import Flame
from mien.heads.retarget import way
from mien.take import Take, parse_fps


def speak(
    speech: Speech,
    direction: Direction,
    engine: str = engines.DEFAULT,
    fps: Fraction | int | str | None = None,
    progress: Progress = no_progress,
    head: Head | Flame | None = None,
) -> Take:
    """Let `engine` perform `speech` as `direction` asks; at `fps`, or at the engine's own rate when None; on `head`,
    or on the default one when None.

    The take's metadata says all that made it. The same request gives the same bytes.
    Raises DirectionError for what this engine cannot show, EngineError, TakeError, HeadError where the engine moves
    another head and its movements cannot be carried over; Cancelled when `progress` does.
    """
    return next(speak_takes(speech, direction, [direction.seed], engine, fps, progress, head))


def speak_takes(
    speech: Speech,
    direction: Direction,
    seeds: Sequence[int],
    engine: str = engines.DEFAULT,
    fps: Fraction | int | str | None = None,
    progress: Progress = no_progress,
    head: Head | Flame | None = None,
) -> Iterator[Take]:
    """The take of each seed, as `speak` gives it; the sound is heard once for all. Errors as those of `speak`."""
    rate = None if fps is None else parse_fps(fps)
    performer = engines.engine(engine)
    engines.check(direction, performer.info)
    performer.load("auto")
    carried = way(head or load_head(), _its_head(performer, head))
    for seed, take in zip(seeds, performer.takes(speech, direction, seeds, progress), strict=True):
        meta = _provenance(take, performer.info, speech, direction.with_seed(seed))
        take = carried(replace(take, meta=meta))
        yield take if rate is None else holding(take.resample(rate), direction)


def holding(take: Take, direction: Direction) -> Take:
    """The take with what the animator holds at its exact values, at whatever rate the take is."""
    if not direction.held or take.weights is None:
        return take
    weights, rotation = take.weights.copy(), take.head_rotation.copy()
    gaze = None if take.gaze is None else take.gaze.copy()
    places = {name: (weights, i) for i, name in enumerate(take.channels)}
    places |= {name: (rotation, i) for i, name in enumerate(ANGLES[:3])}
    if gaze is not None:
        places |= {name: (gaze, i) for i, name in enumerate(ANGLES[3:])}
    for name, at, values in direction.held_at(np.arange(take.frames) / float(take.fps)):
        if name in places:
            column, i = places[name]
            column[at, i] = values
    return replace(take, weights=weights, head_rotation=rotation, gaze=gaze)


def _its_head(performer: engines.Engine, asked: Head | Flame | None) -> Head | Flame:
    """What the performer moves; one that poses FLAME poses the face that is asked for."""
    if isinstance(asked, Flame) and (performer.info.head == "flame" or performer.info.poses(asked)):
        performer.flame = asked
    elif performer.info.head == "mien":
        return load_head()
    return performer.flame


def _provenance(take: Take, info: engines.EngineInfo, speech: Speech, direction: Direction) -> dict[str, str]:
    return {
        **load_head().said,
        "licence": info.licence,
        **take.meta,  # a take of another head says so, and under which licence it is
        "engine": info.name,
        "engine_version": info.version,
        "seed": str(direction.seed),
        "direction": direction.to_json(),
        "audio_sha256": speech.sha256,
    }
