# SPDX-License-Identifier: GPL-3.0-or-later
"""The eyeLook channels that show a gaze: of a take, and as far as the default head turns its eyes by them."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX

FULL = np.radians(30)  # of a weight of 1
# How far the default head's shapes turn its eyes at weight 1 (measured on its eyeballs): down, up, sideways.
EYE_TURNS = np.radians((10.6, 9.2, 13.9))
CHANNELS = [i for i, name in enumerate(ARKIT) if name.startswith("eyeLook")]  # in ARKIT


def eye_look(gaze: np.ndarray) -> np.ndarray:
    """Weights (N, 52) of the eyeLook channels, 0 to 1, for gaze (N, 2): radians pitch and yaw, as in a Take."""
    weights = np.zeros((len(gaze), len(ARKIT)))
    pitch, yaw = np.clip(gaze / FULL, -1, 1).T
    for side, out in (("Left", yaw), ("Right", -yaw)):
        for way, value in (("Down", pitch), ("Up", -pitch), ("Out", out), ("In", -out)):
            weights[:, INDEX[f"eyeLook{way}{side}"]] = np.maximum(value, 0)
    return weights


def eyes_of_default_head(gaze: np.ndarray) -> np.ndarray:
    """(N, 52) weights that turn the default head's eyes by gaze (N, 2), radians pitch and yaw, exactly."""
    weights = np.zeros((len(gaze), len(ARKIT)))
    pitch, yaw = gaze.T
    down, up, aside = EYE_TURNS
    for side, out in (("Left", yaw), ("Right", -yaw)):
        for way, value in (("Down", pitch / down), ("Up", -pitch / up), ("Out", out / aside), ("In", -out / aside)):
            weights[:, INDEX[f"eyeLook{way}{side}"]] = np.maximum(value, 0)
    return weights
