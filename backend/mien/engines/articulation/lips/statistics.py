# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured effects of phones on the mouths of people who talk: `statistics.safetensors`, numbers only.

Its card says on whom they were measured, how, and which of them are biased.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.files.safetensors import read_tensors
from mien.speech_analysis.track import PHONES, RATE

PATH = Path(__file__).with_name("statistics.safetensors")


@dataclass(frozen=True, eq=False)
class LipStatistics:
    """kernel (40, C, 5): effect of a phone's posterior^0.5 on a channel, by offset in frames of 10 ms, in units of the
    channel; deviation (C,) of each channel while speaking; pause_profiles (P, 13) lip aperture in silences, standard
    deviations about the mean while speaking."""

    channels: tuple[str, ...]
    offsets: tuple[int, ...]
    kernel: np.ndarray
    deviation: np.ndarray
    pause_profiles: dict[str, np.ndarray]

    def effects(self, channel: str) -> np.ndarray:
        """(40, 5) of one channel, in its standard deviations."""
        index = self.channels.index(channel)
        return self.kernel[:, index] / self.deviation[index]


@functools.cache
def lip_statistics() -> LipStatistics:
    """As they ship."""
    tensors, metadata = read_tensors(PATH, dtypes=("F32",))
    assert tuple(json.loads(metadata["phones"])) == PHONES
    return LipStatistics(
        channels=tuple(json.loads(metadata["channels"])),
        offsets=tuple(round(offset * RATE / 1000) for offset in json.loads(metadata["offsets_ms"])),
        kernel=tensors["kernel"].astype(float),
        deviation=tensors["standard_deviation"].astype(float),
        pause_profiles=dict(zip(json.loads(metadata["pause_lengths"]), tensors["pause_profiles"], strict=True)),
    )
