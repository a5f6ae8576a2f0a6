# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `probtalk3d` on Mien's own weights: two stages, sampled takes, on the default head."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mien.direction import EMOTIONS, Direction
from mien.engines.articulation import listened
from mien.engines.articulation.styles import HELD_OUT, STYLES
from mien.engines.base import EngineError, EngineInfo, Progress
from mien.engines.probtalk3d import heard, told
from mien.engines.probtalk3d.finish import finished
from mien.engines.probtalk3d.perform import perform
from mien.engines.probtalk3d.space import FPS
from mien.engines.probtalk3d.weights import load_all
from mien.phones import PhoneTrack
from mien.prosody import Prosody
from mien.speech import Speech
from mien.take import Take, frame_count

WEIGHTS = Path(__file__).with_name("mien.safetensors")
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
        _weights(WEIGHTS)

    def generate(self, speech: Speech, direction: Direction, progress: Progress) -> Take:
        """A take at 100 frames a second on the 52 ARKit channels, with head rotation and gaze. The most probable one,
        whatever the seed, at a temperature of 0."""
        return next(self.takes(speech, direction, [direction.seed], progress))

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        """As `generate`, a take for each seed; the sound is heard once, and several are sampled together."""
        track, prosody = listened(speech, direction, progress, 0.4)
        for begin in range(0, len(seeds), TOGETHER):
            some = seeds[begin : begin + TOGETHER]

            def performing(done: float, before: int = begin, number: int = len(some)) -> None:
                progress(0.5 + 0.5 * (before + done * number) / len(seeds), "performing")

            made = performed(speech, track, prosody, [direction.with_seed(seed) for seed in some], performing)
            if begin + TOGETHER >= len(seeds):
                progress(1.0, "done")
            yield from made


def performed(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: list[Direction],
    progress=lambda done: None, weights: Path = WEIGHTS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ in nothing but their seed."""
    codecs, performer = _weights(weights)
    sound, style = inputs(speech, track, prosody, directions[0])
    seeds = [direction.seed for direction in directions]
    motions = perform(codecs, performer, sound, style, directions[0].temperature, seeds, progress)
    return [
        finished(motion, track, prosody, direction, speech.duration)
        for motion, direction in zip(motions, directions, strict=True)
    ]


def inputs(
    speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction
) -> tuple[np.ndarray, np.ndarray]:
    """What is heard (F, heard.SIZE) and told (F, told.SIZE), at 25 frames a second."""
    frames = frame_count(speech.duration, FPS) + 1  # one past the end, so that the last moment lies between two
    times = np.arange(frames) / FPS
    asked = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
    asked |= {name: getattr(direction, name) for name in told.ASKED if name not in asked}
    style = told.told(STYLES[direction.style], told.emotions_of(direction, times), asked)
    return heard.heard(track, prosody, frames), style


@functools.lru_cache(maxsize=2)
def _weights(path: Path) -> tuple:
    return load_all(path)
