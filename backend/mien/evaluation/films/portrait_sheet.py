# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet of portraits of drawn faces: a row for each face, the photo first, then what it is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mien.channels import ARKIT, columns
from mien.evaluation.films.drawn_photos import YAWS, drawn_photo
from mien.files.atomic import atomic_path
from mien.photo.animator import Animator

SHEET = (
    "woman_a", "man_b", "old_woman", "man_c", "teen", "old_man",
    "adult", "woman_c", "man_a", "woman_d", "man_d", "round_woman",
)  # fmt: skip
CELL = 170  # pixels
# Weights by channel, or turns of the head: pitch, yaw.
MOMENTS: tuple[tuple[dict[str, float], tuple[float, float]], ...] = (
    ({}, (0.0, 0.0)),
    ({"jawOpen": 0.4}, (0.0, 0.05)),
    ({"mouthSmile": 0.7, "jawOpen": 0.12, "mouthUpperUp": 0.3, "cheekSquint": 0.4}, (0.0, 0.0)),
    ({"mouthPucker": 0.8}, (0.03, 0.0)),
    ({"eyeBlink": 1.0}, (0.05, 0.0)),
    ({"browDown": 0.9, "mouthFrown": 0.5, "noseSneer": 0.3}, (0.06, 0.0)),
    ({"browInnerUp": 0.9, "browOuterUp": 0.8, "eyeWide": 0.6, "jawOpen": 0.25}, (0.0, 0.35)),
)


def write_sheet(path: Path, names: Sequence[str] = SHEET) -> None:
    """Write the sheet of these identities, in MOMENTS, to a picture. VideoError where nothing can be drawn, OSError."""
    rows = []
    for number, name in enumerate(names):
        pixels = drawn_photo(name, float(YAWS[number % len(YAWS)]))
        with Animator(pixels, name=name) as animator:
            cells = []
            for channels, (pitch, yaw) in MOMENTS:
                weights = animator.own.copy()
                for channel, value in channels.items():
                    weights[animator.head.order(_names(channel))] = value
                drawn = animator.picture(weights, np.array([pitch, yaw, 0.0]), np.zeros(2))
                cells.append(np.asarray(Image.fromarray(drawn).resize((CELL, CELL), Image.Resampling.LANCZOS)))
        rows.append(np.concatenate(cells, 1))
    with atomic_path(path) as part:
        Image.fromarray(np.concatenate(rows, 0)).save(part)


def _names(channel: str) -> list[str]:
    return [ARKIT[column] for column in columns(channel)]
