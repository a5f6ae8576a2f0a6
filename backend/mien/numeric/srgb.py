# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours between sRGB (IEC 61966-2-1) and linear light."""

import numpy as np


def linear(values: np.ndarray) -> np.ndarray:
    """sRGB 0..1 to linear."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb(values: np.ndarray) -> np.ndarray:
    """Linear 0..1 to sRGB."""
    values = np.clip(values, 0, 1)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)
