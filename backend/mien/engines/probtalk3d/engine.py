# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `probtalk3d` on Mien's own weights: two stages, sampled takes, on the default head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.analysis import SharedAnalysis
from mien.engines.base import only_on_processor
from mien.engines.probtalk3d import INFO, WEIGHTS
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take


class ProbTalk3D(SharedAnalysis):
    """`weights`: other networks than those that ship, for measurements."""

    info = INFO
    ANALYSED = 0.4, 0.5
    TOGETHER = 10  # takes in memory

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self.weights = weights

    def load(self, device: str) -> None:
        """The networks are small: a processor runs them a hundred times faster than speech, so 'auto' is 'cpu'."""
        only_on_processor(self.info, device)
        from mien.engines.probtalk3d.generate import networks  # PyTorch takes seconds to import

        networks(self.weights)

    def perform(
        self, speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
        progress: Callable[[float], None] = lambda done: None, head: Head | Flame | None = None,
    ) -> list[Take]:  # fmt: skip
        """At 100 frames a second on the 52 ARKit channels, with head rotation and gaze; sampled together.
        The most probable take, whatever the seed, at a temperature of 0."""
        from mien.engines.probtalk3d.generate import generate

        return generate(speech, track, prosody, directions, progress, self.weights)
