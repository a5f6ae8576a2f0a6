# SPDX-License-Identifier: GPL-3.0-or-later
"""Emotions of one side: contempt raises one brow and one corner of the mouth, which one the seed says.

A network that is told the emotion and not the side learns both, and draws now the one, now the other, or the mean of
them: a weak face on both sides, whose strength is a matter of chance. So what moves slowly in the channels of such an
emotion is drawn towards the face of the rules, as far as the emotion is asked for.
"""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX, columns, other_side
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.emotion.profiles import PROFILES
from mien.speech_analysis.track import RATE
from mien.take import of_mouth

ONE_SIDED = ("contempt",)
DRAWN = 0.75  # share of the way from the network's face to that of the rules, at full intensity
SLOW = 1.0  # s: faster motion is the network's


def draw_one_sided(
    weights: np.ndarray, wanted: np.ndarray, levels: dict[str, np.ndarray], free: np.ndarray | float = 1.0
) -> None:
    """Draw sampled weights (T, 52) at 100 Hz, in place, towards those that the emotions add by the rules (T, 52), by
    the `levels` (T,) of the one-sided ones. `free` (T, 52) or a number: 0 where a channel is held. In the mouth, which
    speaks, only the difference of the sides is drawn."""
    share = sum((levels[name] for name in ONE_SIDED if name in levels), np.zeros(len(weights)))
    if not share.any():
        return
    channels = _channels()
    both = weights[:, channels]
    apart = wanted[:, channels] - smooth(both, 2 * round(SLOW * RATE / 2) + 1)
    moved = np.zeros_like(weights)
    moved[:, channels] = apart * DRAWN * share[:, None]
    for left, right in ((i, INDEX[other_side(ARKIT[i])]) for i in channels if ARKIT[i].endswith("Left")):
        if of_mouth(ARKIT[left]):
            moved[:, left] = (moved[:, left] - moved[:, right]) / 2
            moved[:, right] = -moved[:, left]
    weights += free * moved
    np.clip(weights, 0, 1, out=weights)


def _channels() -> list[int]:
    """Both sides of the channels that an emotion of one side moves on one side."""
    names = {name for emotion in ONE_SIDED for name in PROFILES[emotion].face if name in INDEX and name != "jawOpen"}
    return sorted({i for name in names for side in (name, other_side(name)) for i in columns(side)})
