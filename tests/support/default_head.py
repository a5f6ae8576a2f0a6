# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head as its tests ask for it."""

from __future__ import annotations

import json

import numpy as np
from mien.heads.default import head_path, load_head

HEAD = load_head()
CARD = json.loads(head_path().with_name("mien.card.json").read_text(encoding="utf-8"))
SKIN = len(HEAD.opposite)


def weights(**values: float) -> np.ndarray:
    """(52,) with the given channels set; a name without its side sets both."""
    out = np.zeros(len(HEAD.channels), np.float32)
    for name, value in values.items():
        sides = [name] if name in HEAD.channels else [f"{name}Left", f"{name}Right"]
        out[HEAD.order(sides)] = value
    return out


def gap_mm(**values: float) -> float:
    """Millimetres between the lips on the mid-line with these channels set."""
    return float(HEAD.lip_aperture(weights(**values)[None], HEAD.channels)[0]) * 1e3


def part(name: str) -> np.ndarray:
    """The vertices of one of the head's parts."""
    return np.unique(HEAD.quads[HEAD.quad_part == HEAD.parts.index(name)])


def width(face: np.ndarray, one: int, other: int) -> float:
    """Metres between two landmarks of a face (V, 3)."""
    return float(np.linalg.norm(face[HEAD.landmarks[one]] - face[HEAD.landmarks[other]]))


def moved(**values: float) -> np.ndarray:
    """(68, 3) metres by which the landmarks move."""
    return (HEAD.pose(weights(**values)) - HEAD.vertices)[HEAD.landmarks]
