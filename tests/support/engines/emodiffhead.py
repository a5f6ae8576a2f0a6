# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of EMOdiffhead share: a small untrained network whose every part does something."""

import functools

import numpy as np
import torch
from mien.engines.emodiffhead.network import STYLE, Denoiser, DenoiserConfig
from mien.engines.neural import audio_features

SMALL = DenoiserConfig(width=32, blocks=(1, 1, 1), audio_blocks=1, heads=2, attention_context=4, condition=16)
RNG = np.random.default_rng(0)
AUDIO = RNG.standard_normal((230, audio_features.SIZE)).astype(np.float32)
STYLE_FEATURES = RNG.standard_normal((230, STYLE)).astype(np.float32)
EXPRESSION = RNG.uniform(0, 1, (230, 52)).astype(np.float32)


@functools.cache
def network() -> Denoiser:
    """Its conditions begin as nothing and are given something, as if they were learnt."""
    torch.manual_seed(3)
    made = Denoiser(SMALL).eval()
    with torch.no_grad():
        for weights in made.parameters():
            if not weights.any():
                weights.normal_(0, 0.1)
    made.mean.copy_(torch.linspace(0, 0.3, 57))
    made.scale.copy_(torch.linspace(0.1, 0.2, 57))
    return made
