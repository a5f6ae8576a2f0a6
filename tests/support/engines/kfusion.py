# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of KFusion share: a small untrained network, and its inputs."""

import functools
from pathlib import Path

import numpy as np
import torch
from mien.engines.kfusion.network import KFusion, KFusionConfig
from mien.engines.kfusion.sound_domains import PHONES, PROSODY
from mien.engines.kfusion.weights import save
from mien.engines.neural import style_features

SMALL = KFusionConfig(width=32, mouth_width=16, heads=2, layers=1, reach=6, identity=4, stream=8, hidden=8, noise=4)
SHAPE = '{"width": 32, "mouth_width": 16, "heads": 2, "layers": 1, "reach": 6, "stream": 8, "hidden": 8}'
RNG = np.random.default_rng(0)


@functools.cache
def network(config: KFusionConfig = SMALL) -> KFusion:
    torch.manual_seed(3)
    made = KFusion(config).eval()
    made.scale.fill_(0.5)
    made.scale[-5:] = 0.02
    return made


@functools.cache
def inputs(frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prosody (F, 85), phones (F, 86) and style features (F, 30)."""
    sizes = (PROSODY, PHONES, style_features.SIZE)
    return tuple(RNG.standard_normal((frames, size)).astype(np.float32) for size in sizes)


def weights(folder: Path) -> Path:
    """A file of the small network."""
    return save(network(), folder / "kfusion.safetensors", {})
