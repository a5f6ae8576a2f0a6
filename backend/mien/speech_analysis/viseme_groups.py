# SPDX-License-Identifier: GPL-3.0-or-later
"""Visemes: nine groups of phones that look alike on the lips."""

from __future__ import annotations

import numpy as np

from mien.speech_analysis.track import PHONES

GROUPS = {
    "silence": "SIL", "p b m": "P B M", "f v": "F V", "t s k l h": "TH DH T D N L S Z K G NG HH Y",
    "sh ch": "SH ZH CH JH", "r w u o": "R ER W UW UH OW OY", "a": "AO AA AW AY", "e": "AE EH EY", "i uh": "IH IY AH",
}  # fmt: skip
NAMES = tuple(GROUPS)
GROUP = np.array([[phone in phones.split() for phones in GROUPS.values()].index(True) for phone in PHONES])
