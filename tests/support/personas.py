# SPDX-License-Identifier: GPL-3.0-or-later
"""Personas that nobody learnt: a wide, lopsided, lively speaker, and lips that differ from people's at some phones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mien.engines.articulation.lips.statistics import lip_statistics
from mien.engines.articulation.persona import FOLDER, SUFFIX, LipCorrection, Persona
from mien.engines.articulation.styles import Style
from mien.files.atomic import write_whole
from mien.speech_analysis.track import INDEX, PHONES

LIVELY = Style(
    1.6, 1.4, rounding=1.2, spreading=1.2, mouth_lean=0.12, brow_lean=0.2, resting={"eyeSquint": 0.1}, head=1.4,
    brows=1.5, blinks=1.5, gaze=1.2, nods=1.5, blink_time=1.2, tilt=(2.0, 0.0, -3.0),
)  # fmt: skip


def correction(seed: int = 0, size: float = 1.0) -> LipCorrection:
    """Every phone opens the lips otherwise than people do, on average as much."""
    rng = np.random.default_rng(seed)
    kernel = np.zeros((3, len(PHONES), len(lip_statistics().offsets)))
    kernel[:, :, 2] = size * rng.normal(0, 1, (3, len(PHONES)))
    kernel[:, INDEX["SIL"]] = 0
    return LipCorrection(kernel, np.zeros(3), np.ones(3))


def write_persona(data_folder: Path, name: str, style: Style = LIVELY, lips: LipCorrection | None = None) -> Path:
    """Into the folder that personas are chosen from."""
    path = data_folder / FOLDER / f"{name}{SUFFIX}"
    write_whole(path, Persona(name, style, lips, {"seconds": 61.5, "clips": 3}).to_bytes())
    return path
