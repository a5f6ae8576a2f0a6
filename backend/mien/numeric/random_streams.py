# SPDX-License-Identifier: GPL-3.0-or-later
"""Randomness from a seed, one independent stream a purpose: switching blinks off changes no head movement."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator for one purpose ('blinks', 'head', ...) of a performance. Equal arguments, equal numbers."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())])))
