# SPDX-License-Identifier: GPL-3.0-or-later
"""Nine groups of phones that look alike on the lips: what an ear for faces has to tell apart."""

from __future__ import annotations

from mien.phones import PHONES
from mien.sounds import FOLD, SOUNDS

GROUPS = {
    "silence": "SIL",
    "bilabial": "P B M",
    "labiodental": "F V",
    "tongue": "TH DH T D N L S Z K G NG HH Y",
    "postalveolar": "SH ZH CH JH",
    "rounded": "R ER W UW UH OW OY",
    "open": "AO AA AW AY",
    "mid front": "AE EH EY",
    "close": "IH IY AH",
}
VISEMES = tuple(GROUPS)
_OF = {phone: i for i, phones in enumerate(GROUPS.values()) for phone in phones.split()}
VISEME_OF_PHONE = tuple(_OF[phone] for phone in PHONES)  # numbers in VISEMES
VISEME_OF_SOUND = tuple(_OF[FOLD[sound]] for sound in SOUNDS)
