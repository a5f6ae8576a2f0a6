# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `emodiffhead`: expressions as faces, sampled takes, on the default head or the user's FLAME."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.analysis import SharedAnalysis
from mien.engines.base import EngineMissing, only_on_processor
from mien.engines.emodiffhead import INFO, WEIGHTS, user_weights
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take


class EMOdiffhead(SharedAnalysis):
    """`weights`: another network than the one that ships, for measurements."""

    info = INFO
    ANALYSED = 0.2, 0.25

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self.weights = weights

    def load(self, device: str) -> None:
        """The network is small: 'auto' is 'cpu'."""
        only_on_processor(self.info, device)
        if self.info.refusal:
            raise EngineMissing(self.info.refusal)
        from mien.engines.emodiffhead.generate import network  # PyTorch takes seconds to import

        network(self.weights)

    def perform(
        self, speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
        progress: Callable[[float], None] = lambda done: None, head: Head | Flame | None = None,
    ) -> list[Take]:  # fmt: skip
        """At 100 frames a second on the 52 ARKit channels, or the vertices of a FLAME, with head rotation and gaze. At
        a temperature of 0 the same take for every seed, but for the side of contempt."""
        from mien.engines.emodiffhead import flame_generate
        from mien.engines.emodiffhead.generate import generate, network

        if isinstance(head, Flame):
            own = network(user_weights(), head.sha256)
            return flame_generate.generate(speech, track, prosody, directions, own, head, progress)
        return generate(speech, track, prosody, directions, progress, self.weights)
