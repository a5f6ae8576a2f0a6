# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose an exported file is, as it says itself: the terms of its head and its take, not those of the software."""

from __future__ import annotations

from mien.engines.base import OWN_LICENCE
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take

YOURS = "the animation is yours to use, paid work included"


def licence_of(take: Take, head: Head | Flame) -> str:
    """In words. A take of Mien's own engines is its user's, whatever licence the engine's code and weights have."""
    said = take.meta.get("licence")
    if said is None:
        return head.licence
    if OWN_LICENCE not in said:
        return said
    said = said.replace(OWN_LICENCE, YOURS)
    return said if head.licence in said else f"{said}; the head: {head.licence}"
