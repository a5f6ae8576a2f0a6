# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling of KFusion: both domains of a sound, style features and a face at rest to numbers of `landmark_space`, by a
seed, in any length.

Windows overlap by MARGIN frames on both sides, whose output is dropped: more than attention reaches, and by then the
LSTMs have forgotten where a window began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from mien.engines.kfusion.landmark_space import rest_features
from mien.engines.kfusion.network import KFusion
from mien.engines.kfusion.noise import smooth_noise
from mien.engines.neural.windows import windows
from mien.numeric.random_streams import stream

MARGIN = 160  # frames
# Of the fast noise: with all of it heads and gazes of held-out voices have the performances' deviation (3.9 for 3.7
# degrees, 3.1 for 3.1) but 1.6 times their speed; with this share 3.5 and 2.8 degrees, and their speed within 2 %
FAST_SHARE = 0.5


def sample(
    network: KFusion, prosody: np.ndarray, phones: np.ndarray, style: np.ndarray, rest: np.ndarray,
    seeds: Sequence[int], temperature: float = 1.0, progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:  # fmt: skip
    """(takes, F, 209) float32 of prosody (F, 85), phones (F, 86), style (F, 30) and landmarks at rest (68, 3) mm.

    `temperature` scales the noise: at 0 every seed gives the same, likeliest motion.
    """
    frames, curves = len(prosody), network.config.noise
    size = temperature * np.where(np.arange(curves) < curves // 2, 1.0, FAST_SHARE).astype(np.float32)
    noise = [size * smooth_noise(stream(seed, "landmarks"), frames, curves) for seed in seeds]
    features = torch.from_numpy(rest_features(rest))[None]
    numbers = np.empty((len(seeds), frames, len(network.mean)), np.float32)
    with torch.inference_mode():
        for begin, end, low, high in windows(frames, MARGIN, 1):
            inside = slice(begin - low, end - low)
            prosody_here, phones_here, style_here = (
                torch.from_numpy(values[low:high])[None] for values in (prosody, phones, style)
            )
            encoded = network.encode(prosody_here, phones_here, style_here, features)
            face, mouth = (part[:, inside] for part in encoded)
            for i, each in enumerate(noise):
                numbers[i, begin:end] = network.decode(face, mouth, torch.from_numpy(each[None, begin:end]))[0].numpy()
            progress(end / frames)
    return numbers
