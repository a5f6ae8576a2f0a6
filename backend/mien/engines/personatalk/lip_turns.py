# SPDX-License-Identifier: GPL-3.0-or-later
"""How sharply the lips of a film's speaker turn from opening to closing, as it was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mien.engines.personatalk.lip_motion import SEEN, Speaker, above_neighbours

LEAST = 0.01  # eye distances: who hardly moves in the film may still speak


def turning(speaker: Speaker, mouth: np.ndarray, learnt: np.ndarray, shot: np.ndarray) -> Speaker:
    """The speaker with `sharpest`, of coefficients mouth (N, 12) as they were seen in the film's frames, of which those
    `learnt` (N,) bool count, each with those beside it in its shot (N,)."""
    together = learnt[:-2] & learnt[1:-1] & learnt[2:] & (shot[:-2] == shot[2:])
    if not together.any():
        return speaker
    seen = above_neighbours(speaker.gap(mouth))[together]
    return replace(speaker, sharpest=max(LEAST, float(np.quantile(seen, SEEN[1]))))
