# SPDX-License-Identifier: GPL-3.0-or-later
"""The segments that a synthesiser reports, as the timed sounds of an utterance."""

from __future__ import annotations

from collections.abc import Iterable

from mien.training.speech_corpus.utterance import Timed


def timed_sounds(
    segments: Iterable[tuple[tuple[str, ...], float, float]], lag: float, seconds: float
) -> tuple[Timed, ...]:
    """Sounds with begin and end in seconds, of segments (sounds, begin, end) in order: one without sounds is silence,
    and several sounds share a segment evenly.

    The times of the segments are `lag` seconds later than their sound; what then lies outside of 0..`seconds` is cut
    off.
    """
    timed: list[Timed] = []
    previous_end = 0.0
    for sounds, begin, end in segments:
        begin, end = (min(max(time - lag, previous_end), seconds) for time in (begin, end))
        count = len(sounds)
        edges = [begin + (end - begin) * i / count for i in range(count)] + [end]  # exact at both ends
        if end > begin:
            timed += zip(sounds, edges[:-1], edges[1:], strict=True)
        previous_end = end
    return tuple(timed)
