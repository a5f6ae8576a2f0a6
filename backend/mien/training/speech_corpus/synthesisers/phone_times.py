# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing: the segments that an engine says it spoke, as the timed sounds of an utterance."""

from __future__ import annotations

from collections.abc import Iterable

from mien.training.speech_corpus.utterance import Timed


def timed_sounds(
    segments: Iterable[tuple[tuple[str, ...], float, float]], lag: float, seconds: float
) -> tuple[Timed, ...]:
    """`segments` are (sounds, begin, end) in order; one without sounds is silence, several share its time evenly.

    The engine's times are `lag` seconds later than its sound; what then lies outside of 0..`seconds` is cut off.
    """
    timed: list[Timed] = []
    reached = 0.0
    for sounds, begin, end in segments:
        begin, end = (min(max(time - lag, reached), seconds) for time in (begin, end))
        count = len(sounds)
        edges = [begin + (end - begin) * i / count for i in range(count)] + [end]  # exact at both ends
        if end > begin:
            timed += zip(sounds, edges[:-1], edges[1:], strict=True)
        reached = end
    return tuple(timed)
