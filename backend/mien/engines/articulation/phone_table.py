# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone table: jaw and lip targets of each phone, and their dominance.

Targets are ARKit weights on Mien's head, after the viseme classes of JALI and FACS (docs/articulation.md,
section 1), then moved by what tracked lips of real speakers do (section 1b): rounding closes the lips, so W, UW,
OW, UH, R, ER, AO and AH open far less than their jaw would, front and spread vowels more; most consonants leave the
lips hardly wider than at rest. A closed mouth on P, B and M, and the teeth on the lip in F and V, are
`constraints.py`'s; the rows here only lead up to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.speech_analysis.track import PHONES


@dataclass(frozen=True)
class Row:
    """`jaw` is jawOpen; dominances are 0..1 (Cohen & Massaro's alpha); `kind` picks the decay of the dominance in time."""

    jaw: float
    jaw_dominance: float
    lip_dominance: float
    kind: str
    lips: dict[str, float] = field(default_factory=dict)


ROWS: dict[str, Row] = {
    "SIL": Row(0.00, 0.20, 0.20, "sil", {"mouthStretch": 0.05}),
    "AA": Row(0.26, 1.00, 0.50, "vow", {"mouthLowerDown": 0.15, "mouthUpperUp": 0.05}),
    "AE": Row(
        0.28,
        1.00,
        0.70,
        "vow",
        {"mouthStretch": 0.35, "mouthSmile": 0.08, "mouthLowerDown": 0.28, "mouthUpperUp": 0.20},
    ),
    "AH": Row(0.06, 0.70, 0.40, "vow", {"mouthLowerDown": 0.04, "mouthPucker": 0.08}),
    "AX": Row(0.05, 0.45, 0.15, "vow", {"mouthLowerDown": 0.03}),
    "AO": Row(0.10, 1.00, 0.95, "rnd", {"mouthFunnel": 0.22, "mouthPucker": 0.50, "mouthClose": 0.05}),
    "EH": Row(0.20, 0.95, 0.60, "vow", {"mouthStretch": 0.25, "mouthLowerDown": 0.20, "mouthUpperUp": 0.12}),
    "ER": Row(0.04, 0.70, 0.70, "rnd", {"mouthFunnel": 0.24, "mouthPucker": 0.26, "mouthShrugUpper": 0.04}),
    "IH": Row(0.07, 0.70, 0.45, "vow", {"mouthStretch": 0.22, "mouthLowerDown": 0.09, "mouthUpperUp": 0.04}),
    "IY": Row(
        0.11,
        0.80,
        0.80,
        "vow",
        {"mouthStretch": 0.32, "mouthSmile": 0.14, "mouthLowerDown": 0.26, "mouthUpperUp": 0.12},
    ),
    "UH": Row(0.05, 0.75, 0.80, "rnd", {"mouthPucker": 0.38, "mouthFunnel": 0.20}),
    "UW": Row(0.03, 0.85, 1.00, "rnd", {"mouthPucker": 0.75, "mouthFunnel": 0.20}),
    "OWa": Row(0.06, 0.90, 0.95, "rnd", {"mouthFunnel": 0.32, "mouthPucker": 0.40}),
    "P": Row(0.06, 0.70, 1.00, "bil", {"mouthPress": 0.25, "mouthRollLower": 0.15, "mouthRollUpper": 0.10}),
    "B": Row(0.05, 0.75, 1.00, "bil", {"mouthPress": 0.20, "mouthRollLower": 0.13, "mouthRollUpper": 0.08}),
    "M": Row(
        0.04,
        0.75,
        1.00,
        "bil",
        {"mouthPress": 0.12, "mouthRollLower": 0.10, "mouthRollUpper": 0.05, "mouthPucker": 0.05},
    ),
    "F": Row(0.04, 0.85, 1.00, "lab", {"mouthRollLower": 0.55, "mouthUpperUp": 0.20, "mouthShrugLower": 0.20}),
    "V": Row(0.05, 0.80, 0.95, "lab", {"mouthRollLower": 0.50, "mouthUpperUp": 0.18, "mouthShrugLower": 0.18}),
    "TH": Row(0.06, 0.70, 0.40, "ton", {"tongueOut": 0.18, "mouthLowerDown": 0.07, "mouthUpperUp": 0.04}),
    "DH": Row(0.07, 0.60, 0.30, "ton", {"tongueOut": 0.12, "mouthLowerDown": 0.07, "mouthUpperUp": 0.04}),
    "T": Row(0.05, 0.55, 0.30, "ton", {"mouthLowerDown": 0.12, "mouthStretch": 0.10}),
    "D": Row(0.05, 0.50, 0.20, "ton", {"mouthLowerDown": 0.04, "mouthStretch": 0.15}),
    "N": Row(0.04, 0.45, 0.15, "ton", {"mouthLowerDown": 0.03, "mouthStretch": 0.08}),
    "L": Row(0.05, 0.60, 0.40, "ton", {"tongueOut": 0.05, "mouthLowerDown": 0.05}),
    "S": Row(0.07, 0.95, 0.45, "sib", {"mouthStretch": 0.26, "mouthLowerDown": 0.36, "mouthUpperUp": 0.22}),
    "Z": Row(0.03, 0.90, 0.40, "sib", {"mouthStretch": 0.20, "mouthLowerDown": 0.10, "mouthUpperUp": 0.05}),
    "SH": Row(
        0.09,
        0.95,
        0.85,
        "rnd",
        {"mouthFunnel": 0.50, "mouthPucker": 0.12, "mouthUpperUp": 0.12, "mouthLowerDown": 0.12},
    ),
    "ZH": Row(0.04, 0.90, 0.85, "rnd", {"mouthFunnel": 0.46, "mouthPucker": 0.20}),
    "CH": Row(0.04, 0.95, 0.85, "rnd", {"mouthFunnel": 0.46, "mouthPucker": 0.20}),
    "JH": Row(0.04, 0.95, 0.85, "rnd", {"mouthFunnel": 0.44, "mouthPucker": 0.20}),
    "K": Row(0.15, 0.35, 0.12, "ton", {"mouthLowerDown": 0.10}),
    "G": Row(0.08, 0.30, 0.10, "ton", {"mouthLowerDown": 0.03, "mouthStretch": 0.10}),
    "NG": Row(0.08, 0.30, 0.10, "ton", {"mouthLowerDown": 0.03}),
    "HH": Row(0.26, 0.50, 0.25, "ton", {"mouthLowerDown": 0.15}),
    "R": Row(0.03, 0.80, 0.90, "rnd", {"mouthFunnel": 0.10, "mouthPucker": 0.45}),
    "W": Row(0.02, 1.00, 1.00, "rnd", {"mouthPucker": 0.85, "mouthFunnel": 0.08}),
    "Y": Row(0.07, 0.70, 0.60, "vow", {"mouthStretch": 0.22, "mouthSmile": 0.08, "mouthLowerDown": 0.14}),
}
# Two targets in turn, and how much of the time the first takes
DIPHTHONGS: dict[str, tuple[str, str, float]] = {
    "AW": ("AA", "UW", 0.55),
    "AY": ("AA", "IY", 0.60),
    "EY": ("EH", "IY", 0.50),
    "OW": ("OWa", "UW", 0.50),
    "OY": ("AO", "IY", 0.55),
}
# Decay of the dominance in 1/s before and after a phone (docs/articulation.md, section 2): rounding is seen 120 ms ahead,
# a stop is not
DECAY: dict[str, tuple[float, float]] = {
    "jaw": (31, 26),
    "vow": (19, 17),
    "rnd": (8.5, 11),
    "bil": (31, 26),
    "lab": (29, 24),
    "sib": (26, 24),
    "ton": (36, 36),
    "sil": (13, 11),
}
FUNNEL_CLOSES = 0.18  # mouthClose that takes back the opening of a mouthFunnel of 1 (docs/articulation.md, section 0)
BILABIALS, LABIODENTALS = ("P", "B", "M"), ("F", "V")
SIBILANTS = ("S", "Z", "SH", "ZH", "CH", "JH")
ROUNDED = ("AO", "UH", "UW", "OW", "OY", "W", "R", "ER", "SH", "ZH", "CH", "JH")
VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
OPEN_VOWELS = ("AA", "AE")  # AO is round (docs/articulation.md, section 1b)

NAMES = tuple(ROWS)
ROW = {name: i for i, name in enumerate(NAMES)}
JAW = INDEX["jawOpen"]


def _targets() -> np.ndarray:
    """(rows, 52) lip targets, jawOpen left at 0, with the funnel's own opening taken back."""
    table = np.zeros((len(NAMES), len(ARKIT)))
    for i, row in enumerate(ROWS.values()):
        for name, value in row.lips.items():
            table[i, columns(name)] = value
        table[i, INDEX["mouthClose"]] += FUNNEL_CLOSES * table[i, INDEX["mouthFunnel"]]
    return table


LIP_TARGETS = _targets()
JAW_TARGETS = np.array([row.jaw for row in ROWS.values()])
JAW_DOMINANCE = np.array([row.jaw_dominance for row in ROWS.values()])
LIP_DOMINANCE = np.array([row.lip_dominance for row in ROWS.values()])
LIP_DECAY = np.array([DECAY[row.kind] for row in ROWS.values()], float)
assert set(PHONES) == (set(NAMES) | set(DIPHTHONGS)) - {"AX", "OWa"}
