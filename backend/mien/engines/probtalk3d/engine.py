# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `probtalk3d` on Mien's own weights: two stages, sampled takes, on the default head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mien.direction import EMOTIONS, Direction
from mien.engines.articulation.styles import HELD_OUT, STYLES
from mien.engines.base import EngineError, EngineInfo, Progress
from mien.speech import Speech
from mien.take import Take

TOGETHER = 10  # takes in memory


class ProbTalk3D:
    info = EngineInfo(
        name="probtalk3d",
        version="1",
        emotions=EMOTIONS,
        styles=tuple(name for name in STYLES if name not in HELD_OUT),
        licence="GPL-3.0-or-later; takes are yours to use, paid work included",
    )

    def load(self, device: str) -> None:
        """The networks are small: a processor runs them a hundred times faster than speech, so 'auto' is 'cpu'."""
        if device not in ("cpu", "auto"):
            raise EngineError(f"probtalk3d runs on the processor, {device!r} was asked for; ask for 'auto'.")
        from mien.engines.probtalk3d.takes import networks  # PyTorch takes seconds to import

        networks()

    def generate(self, speech: Speech, direction: Direction, progress: Progress) -> Take:
        """A take at 100 frames a second on the 52 ARKit channels, with head rotation and gaze. The most probable one,
        whatever the seed, at a temperature of 0."""
        return next(self.takes(speech, direction, [direction.seed], progress))

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        """As `generate`, a take for each seed; the sound is heard once, and several are sampled together."""
        from mien.engines.articulation import listened
        from mien.engines.probtalk3d.takes import performed

        track, prosody = listened(speech, direction, progress, 0.4)
        for begin in range(0, len(seeds), TOGETHER):
            some = seeds[begin : begin + TOGETHER]

            def performing(done: float, before: int = begin, number: int = len(some)) -> None:
                progress(0.5 + 0.5 * (before + done * number) / len(seeds), "performing")

            made = performed(speech, track, prosody, [direction.with_seed(seed) for seed in some], performing)
            if begin + TOGETHER >= len(seeds):
                progress(1.0, "done")
            yield from made
