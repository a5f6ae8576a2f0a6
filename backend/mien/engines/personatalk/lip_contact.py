# SPDX-License-Identifier: GPL-3.0-or-later
"""The gap of lips that meet, as it was seen: of a film whose head moves much it is less than what is learnt of the
mouth without its posture, whose error widens the lowest gaps, so that lips that should be shut would show the teeth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mien.engines.personatalk.lip_motion import Speaker

MEETING = 0.04  # quantile of the gap as it is seen: lips that meet


def touching(speaker: Speaker, mouth: np.ndarray) -> Speaker:
    """The speaker, learnt of a mouth without its posture, with the gap of lips that meet, and rest, of coefficients
    mouth (n, 12) as they were seen in the frames that are learnt from. It is never more than before."""
    closed = min(speaker.closed, float(np.quantile(speaker.gap(mouth), MEETING)))
    rest = speaker.with_gap(speaker.rest[None], np.array([closed]))[0]
    return replace(speaker, closed=closed, rest=rest)
