# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `articulation`: takes by rules, on the default head."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.analysis import SharedAnalysis
from mien.engines.articulation import INFO
from mien.engines.articulation.animate import animate
from mien.engines.articulation.persona import directed_curve
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take


class Articulation(SharedAnalysis):
    info = INFO
    ANALYSED = 0.6, 0.8

    def load(self, device: str) -> None:
        """Rules need no loading."""

    def perform(
        self, speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
        progress: Callable[[float], None] = lambda done: None, head: Head | Flame | None = None,
    ) -> list[Take]:  # fmt: skip
        """At 100 frames a second on the 52 ARKit channels, with head rotation and gaze."""
        curve = directed_curve(speech, track, prosody, directions[0])
        takes = []
        for i, direction in enumerate(directions):
            progress(i / len(directions))
            takes.append(animate(track, prosody, direction, speech.duration, curve))
        progress(1.0)
        return takes
