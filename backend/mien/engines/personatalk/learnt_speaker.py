# SPDX-License-Identifier: GPL-3.0-or-later
"""LearntSpeaker: all that the frames of a film tell of how its speaker moves the mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.lip_motion import Speaker, speaker_of, spoken_mouth
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.options import DubOptions
from mien.engines.personatalk.posture import fit_posture
from mien.engines.personatalk.speaking_style import SpeakingStyle, learn_style
from mien.engines.personatalk.voice_motion import VoiceMotion


@dataclass(frozen=True, eq=False)
class OwnSound:
    """What is heard in the film: motion of its voice; times (N,) seconds of that sound at which each frame is shown,
    `frame` s apart; within (N,) bool: the frames whose sound this is."""

    voice: VoiceMotion
    times: np.ndarray
    frame: float
    within: np.ndarray


@dataclass(frozen=True, eq=False)
class LearntSpeaker:
    """speaker, and style where there is sound, of the mouth without its posture; posture (N, 12): what the
    head's turn and the upper face's slow expression add to the mouth in each of the film's N frames."""

    speaker: Speaker
    style: SpeakingStyle | None
    posture: np.ndarray


def learn_speaker(
    space: MouthSpace, mouth: np.ndarray, predictors: np.ndarray, learnt: np.ndarray, sound: OwnSound | None
) -> LearntSpeaker:
    """From mouth (N, 12) and predictors (N, F), as `posture_predictors` has them, of N frames; those `learnt` (N,) bool
    count.

    Posture and style are fitted in turn: what of a mouth the voice does not explain, they may.
    """

    def fit(posture: np.ndarray) -> LearntSpeaker:
        still = mouth - posture
        speaker = speaker_of(space, still[learnt])
        if sound is None:
            return LearntSpeaker(speaker, None, posture)
        within = learnt & sound.within
        return LearntSpeaker(
            speaker, learn_style(still, within, sound.times, sound.frame, sound.voice, speaker), posture
        )

    found = fit(fit_posture(predictors[learnt], mouth[learnt])(predictors))
    if sound is None or found.style is None or found.style.lip_map is None:
        return found
    left = mouth - (mouth - found.posture)[learnt].mean(0)
    within = np.flatnonzero(learnt & sound.within)
    at = sound.times[within] + found.style.offset.late
    left[within] = mouth[within] - spoken_mouth(sound.voice, at, found.speaker, found.style.lip_map, DubOptions())
    return fit(fit_posture(predictors[learnt], left[learnt])(predictors))
