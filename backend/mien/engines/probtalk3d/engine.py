# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `probtalk3d` on Mien's own weights: two stages, sampled takes, on the default head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction
from mien.engines.articulation.styles import KNOWN
from mien.engines.base import OWN_LICENCE, EngineInfo, HeardOnce, Progress, only_on_processor
from mien.take import Take

TOGETHER = 10  # takes in memory


class ProbTalk3D(HeardOnce):
    info = EngineInfo(
        name="probtalk3d",
        version="1",
        emotions=EMOTIONS,
        styles=KNOWN,
        licence=OWN_LICENCE,
    )

    def load(self, device: str) -> None:
        """The networks are small: a processor runs them a hundred times faster than speech, so 'auto' is 'cpu'."""
        only_on_processor(self.info, device)
        from mien.engines.probtalk3d.generate import networks  # PyTorch takes seconds to import

        networks()

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        """At 100 frames a second on the 52 ARKit channels, with head rotation and gaze; several are sampled together.
        The most probable take, whatever the seed, at a temperature of 0."""
        from mien.engines.analysis import listened
        from mien.engines.probtalk3d.generate import performed

        track, prosody = listened(speech, direction, progress, 0.4)
        for begin in range(0, len(seeds), TOGETHER):
            some = seeds[begin : begin + TOGETHER]

            def performing(done: float, before: int = begin, number: int = len(some)) -> None:
                progress(0.5 + 0.5 * (before + done * number) / len(seeds), "performing")

            made = performed(speech, track, prosody, [direction.with_seed(seed) for seed in some], performing)
            if begin + TOGETHER >= len(seeds):
                progress(1.0, "done")
            yield from made
