# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `articulation`: what it can do, its takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction
from mien.engines.analysis import listened
from mien.engines.articulation.animate import perform
from mien.engines.articulation.styles import STYLES
from mien.engines.base import OWN_LICENCE, EngineInfo, HeardOnce, Progress
from mien.take import Take


class Articulation(HeardOnce):
    info = EngineInfo(
        name="articulation",
        version="1",
        emotions=EMOTIONS,
        styles=tuple(STYLES),
        licence=OWN_LICENCE,
    )

    def load(self, device: str) -> None:
        """Rules need no loading."""

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        """At 100 frames a second on the 52 ARKit channels, with head rotation and gaze."""
        track, prosody = listened(speech, direction, progress, 0.6)
        for i, seed in enumerate(seeds):
            progress(0.8 + 0.2 * i / len(seeds), "performing")
            take = perform(track, prosody, direction.with_seed(seed), speech.duration)
            progress(0.8 + 0.2 * (i + 1) / len(seeds), "done" if i + 1 == len(seeds) else "performing")
            yield take
