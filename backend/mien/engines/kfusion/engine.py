# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `kfusion`: landmarks of the default head, and the channels that move them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.analysis import SharedAnalysis
from mien.engines.base import only_on_processor
from mien.engines.kfusion import INFO, WEIGHTS
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take


class KFusionEngine(SharedAnalysis):
    """`weights`: other networks than the one that ships, for measurements."""

    info = INFO
    ANALYSED = 0.4, 0.5
    TOGETHER = 10  # takes in memory

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self.weights = weights

    def load(self, device: str) -> None:
        """The network is small: a processor runs it a hundred times faster than speech, so 'auto' is 'cpu'."""
        only_on_processor(self.info, device)
        from mien.engines.kfusion.generate import network  # PyTorch takes seconds to import

        network(self.weights)

    def perform(
        self, speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
        progress: Callable[[float], None] = lambda done: None, head: Head | Flame | None = None,
    ) -> list[Take]:  # fmt: skip
        """At 100 frames a second on the 52 ARKit channels, with head rotation and gaze. The likeliest take, whatever
        the seed, at a temperature of 0."""
        from mien.engines.kfusion.generate import generate

        return generate(speech, track, prosody, directions, progress, self.weights)
