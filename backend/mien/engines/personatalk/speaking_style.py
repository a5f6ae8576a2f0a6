# SPDX-License-Identifier: GPL-3.0-or-later
"""SpeakingStyle: how a film's speaker moves the mouth, found in the film and its own sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.geometry.network import GeometryNetwork
from mien.engines.personatalk.geometry.sound_offset import SoundOffset, settle_offset
from mien.engines.personatalk.geometry.styled_map import StyledMap, fit_styled_map
from mien.engines.personatalk.lip_map import LEAST_SECONDS, LipMap, fit_lip_map
from mien.engines.personatalk.lip_motion import Speaker
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.voice_motion import VoiceMotion

LEAST_FORETOLD = 0.2  # correlation on frames that were left out: below it nothing was learnt


@dataclass(frozen=True, eq=False)
class SpeakingStyle:
    """lip_map: None where it could not be learnt; offset: of the film's sound; notes: sentences on what is missing."""

    lip_map: LipMap | StyledMap | None
    offset: SoundOffset
    notes: tuple[str, ...]


def learn_style(
    mouth: np.ndarray, learnt: np.ndarray, times: np.ndarray, frame: float, voice: VoiceMotion, speaker: Speaker,
    stage_one: tuple[GeometryNetwork, MouthSpace] | None = None,
) -> SpeakingStyle:  # fmt: skip
    """From mouth coefficients (N, 12), of which the frames `learnt` (N,) bool count, at times (N,) seconds of the
    film's sound, whose motion is `voice`; `frame` s apart. stage_one: a network of stage 1 and the space of
    the coefficients; none is used by default."""
    sounding = learnt & (times >= 0) & (times < voice.seconds)
    offset = settle_offset(voice, times[sounding], mouth[sounding], speaker.gap(mouth[sounding]), frame)
    plain = "the mouth opens as the engine has it, within what the speaker's own mouth does."
    if sounding.sum() * frame < LEAST_SECONDS:
        return SpeakingStyle(None, offset, (f"The film has too little speech to learn a style from: {plain}",))
    if not offset.found:
        why = f"The lips of the film do not follow its own sound (correlation {offset.correlation:.2f})"
        return SpeakingStyle(None, offset, (f"{why}: {plain}",))
    at, seen = times[sounding] + offset.late, mouth[sounding]
    lip_map: LipMap | StyledMap = (plain_map := fit_lip_map(voice, at, seen, speaker.opening, frame))
    if stage_one is not None and voice.phonetic is not None:
        network, space = stage_one
        lip_map = fit_styled_map(plain_map, space, voice, at, seen, speaker.opening, frame, network)
    if lip_map.correlation < LEAST_FORETOLD:
        why = f"The speaker's lips cannot be foretold from the sound (correlation {lip_map.correlation:.2f})"
        return SpeakingStyle(None, offset, (f"{why}: {plain}",))
    notes = ()
    if abs(offset.late) > 1.5 * frame:
        word = "late" if offset.late > 0 else "early"
        notes = (f"The film's own sound is {abs(offset.late):.2f} s {word} against its lips; the dub is in step.",)
    return SpeakingStyle(lip_map, offset, notes)
