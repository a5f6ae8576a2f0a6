# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `toy`: the jaw follows the loudness, the rest is seeded."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.engines.base import PerSeed, Progress
from mien.engines.toy import INFO
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take, frame_count, frame_times

FPS = Fraction(25)
CHANNELS = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight")
STEP = 25  # frames between two calls of progress


class Toy(PerSeed):
    """`pause_s` sleeps that many seconds at each call of progress, so that a test can watch or cancel it."""

    info = INFO

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s

    def load(self, device: str) -> None:
        """Nothing to load."""

    def generate(
        self, speech: Speech, direction: Direction, progress: Progress, head: Head | Flame | None = None
    ) -> Take:
        """(F, 5) weights at 25 fps: jaw from loudness, smile from `happy`, seeded blinks and nods."""
        frames = frame_count(speech.duration, FPS)
        times = frame_times(frames, FPS)
        rng = np.random.default_rng([direction.seed, frames])
        for frame in range(0, frames, STEP):
            progress(frame / frames, "generating")
            time.sleep(self.pause_s)

        window = RATE // 25
        padded = np.zeros(frames * window, np.float32)
        padded[: len(speech.samples)] = speech.samples
        loudness = np.sqrt((padded.reshape(frames, window) ** 2).mean(1))
        weights = np.zeros((frames, len(CHANNELS)), np.float32)
        weights[:, 0] = np.clip(3 * loudness * direction.jaw.at(times), 0, 1)
        weights[:, 1:3] = direction.gains(times).get("happy", np.zeros(frames))[:, None]
        weights[:, 3:5] = (rng.random(frames) < 0.04 * direction.blinks)[:, None]
        nods = rng.standard_normal((frames, 3)).cumsum(0) * 0.002 * direction.head
        progress(1.0, "done")
        return Take(
            fps=FPS,
            duration=speech.duration,
            channels=CHANNELS,
            weights=weights,
            head_rotation=nods.astype(np.float32),
        )
