# SPDX-License-Identifier: GPL-3.0-or-later
"""StyledMap: the mean of the plain map of one film and of the network that has learnt many speakers.

Each errs in its own way, so that half of each is nearer to the truth than either; the network counts only where it does
no harm on blocks of the film that were left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.geometry.network import GeometryNetwork
from mien.engines.personatalk.geometry.style_fit import StyledVoice, fit_styled_voices
from mien.engines.personatalk.lip_map import BLOCK, LipMap, blocks_of, gain_of
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.voice_motion import VoiceMotion

SHARE = 0.5  # of the network
HARM = 1.01  # times the plain map's error on blocks that were left out, from which the plain map is alone
MOST_BLOCKS = 12


@dataclass(frozen=True, eq=False)
class StyledMap:
    """plain and styled maps of one speaker; gain and correlation as those of a LipMap, of the mean of both."""

    plain: LipMap
    styled: StyledVoice
    gain: float
    correlation: float

    @property
    def mean(self) -> np.ndarray:
        """(12,) of the speaker's mouth coefficients."""
        return self.plain.mean

    def mouth(self, voice: VoiceMotion, times: np.ndarray) -> np.ndarray:
        """(n, 12) coefficients at times (n,) seconds of the voice, before the gain."""
        plain = self.plain.mouth(voice, times)
        return plain if voice.phonetic is None else plain + SHARE * (self.styled.mouth(voice, times) - plain)


def fit_styled_map(
    plain: LipMap, space: MouthSpace, voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray, opening: np.ndarray,
    frame: float, network: GeometryNetwork,
) -> LipMap | StyledMap:  # fmt: skip
    """From the plain map of mouth coefficients (n, 12) at times (n,) seconds of the voice, `frame` s apart; the plain
    map itself where the network harms."""
    size = max(BLOCK, len(mouth) * frame / MOST_BLOCKS)
    parts = [part for part in blocks_of(len(mouth), frame, size) if part[1].sum() * frame >= BLOCK]
    everything = np.ones(len(mouth), bool)
    *voices, styled = fit_styled_voices(
        network, space, voice, times, mouth, [*(others for _, others in parts), everything]
    )
    guess = plain.left_out.copy()
    for (block, _), one in zip(parts, voices, strict=True):
        guess[block] += SHARE * (one.mouth(voice, times[block]) - guess[block])
    with_network, alone = (np.linalg.norm(each - mouth, axis=1).mean() for each in (guess, plain.left_out))
    if with_network > HARM * alone:
        return plain
    return StyledMap(plain, styled, *gain_of(guess, mouth, opening))
