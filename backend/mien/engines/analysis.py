# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones and prosody of a voice, and the base class of the engines that work on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from mien.audio.speech import Speech
from mien.direction import Direction, DirectionError
from mien.engines.base import EngineInfo, Progress
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take


def analyse(speech: Speech, direction: Direction, progress: Progress, share: float) -> tuple[PhoneTrack, Prosody]:
    """Phones and prosody of the speech, both (T,) at 100 Hz; the phones are `share` of all the work. DirectionError
    where the direction's transcript does not fit."""
    progress(0.0, "analysing speech")
    try:
        track = recognise_phones(speech, direction.transcript, lambda done: progress(share * done, "analysing speech"))
    except RecognitionError as error:
        raise DirectionError(str(error)) from error
    progress(share, "analysing prosody")
    return track, analyse_prosody(speech)


class SharedAnalysis:
    """`generate` and `takes` of an engine that works on phones and prosody, which are found once for all takes."""

    info: ClassVar[EngineInfo]
    ANALYSED: ClassVar[tuple[float, float]]  # fractions of the work after the phones and after the prosody
    TOGETHER: ClassVar[int] = 1  # takes that `perform` makes in one call

    def perform(
        self, speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
        progress: Callable[[float], None] = lambda done: None, head: Head | Flame | None = None,
    ) -> list[Take]:  # fmt: skip
        """A take for each of directions that differ only in their seed; track and prosody (T,) at 100 Hz."""
        raise NotImplementedError

    def generate(
        self, speech: Speech, direction: Direction, progress: Progress, head: Head | Flame | None = None
    ) -> Take:
        return next(self.takes(speech, direction, [direction.seed], progress, head))

    def takes(
        self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress,
        head: Head | Flame | None = None,
    ) -> Iterator[Take]:  # fmt: skip
        phones, analysed = self.ANALYSED
        track, prosody = analyse(speech, direction, progress, phones)
        for begin in range(0, len(seeds), self.TOGETHER):
            directions = [direction.with_seed(seed) for seed in seeds[begin : begin + self.TOGETHER]]
            end = begin + len(directions)

            def report(done: float, begin: int = begin, end: int = end) -> None:
                share = (begin + done * (end - begin)) / len(seeds)
                progress(analysed + (1 - analysed) * share, "generating")

            takes = self.perform(speech, track, prosody, directions, report, head)
            if end == len(seeds):
                progress(1.0, "done")
            yield from takes
