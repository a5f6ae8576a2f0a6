# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouth of one speaker while another voice speaks: learnt motion, lips that meet at p, b and m, rest in silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.lip_map import MouthMap
from mien.engines.personatalk.mouth_space import POINTS, MouthSpace
from mien.engines.personatalk.options import DubOptions
from mien.engines.personatalk.voice_motion import VoiceMotion
from mien.face_tracking.landmark_indices import LOWER_LIP, UPPER_LIP

CLOSED, RESTING = 0.08, 0.15  # quantiles of the speaker's gap: lips that meet; frames whose mean is the mouth at rest
CLOSING = 0.05  # s in which lips close and open again around a contact
EARLY = 0.02  # s by which they meet before it is heard (three real clips)
SETTLING, PARTING = 0.12, 0.10  # s in which the mouth comes to rest in silence, and leaves it before the next sound
PARTED = 0.04  # eye distances of gap, from which lips are parted
NEAR_REST = 0.012  # eye distances, root mean square of the mouth's points: one rest is like the other
SEEN = (0.005, 0.995)  # quantiles of each coefficient: what this speaker's mouth does
WIDER = 1.1  # times their distance from the mean
EXACT = 1e-4  # eye distances, up to which the turns of the lips are solved


@dataclass(frozen=True, eq=False)
class Speaker:
    """How somebody's mouth moves, in coefficients of a MouthSpace. opening (12,): what each adds to the lip gap (eye
    distances), gap_zero the gap where all are 0; apart (12,): the change that opens the lips by 1 as they do;
    rest (12,); closed: the gap of lips that meet; lowest, highest (12,). sharpest: eye distances by which the gap of a
    frame is at most above the mean of the two beside it; infinite where it is not known."""

    opening: np.ndarray
    gap_zero: float
    apart: np.ndarray
    rest: np.ndarray
    closed: float
    lowest: np.ndarray
    highest: np.ndarray
    sharpest: float = np.inf

    def gap(self, mouth: np.ndarray) -> np.ndarray:
        """(n,) of coefficients (n, 12)."""
        return self.gap_zero + mouth @ self.opening

    def with_gap(self, mouth: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Coefficients (n, 12) opened or closed, as the speaker does it, to the gap (n,)."""
        return mouth + (gap - self.gap(mouth))[:, None] * self.apart


def speaker_of(space: MouthSpace, mouth: np.ndarray) -> Speaker:
    """From coefficients (n, 12) of the frames that are learnt from."""
    opening = space.followers[:, LOWER_LIP, 1] - space.followers[:, UPPER_LIP, 1]
    zero = float(space.mean[POINTS.index(LOWER_LIP), 1] - space.mean[POINTS.index(UPPER_LIP), 1])
    gap = zero + mouth @ opening
    centred = gap - gap.mean()
    apart = centred @ (mouth - mouth.mean(0))
    along = float(apart @ opening)
    apart = apart / along if along > 1e-9 else opening / max(float(opening @ opening), 1e-9)
    closed = float(np.quantile(gap, CLOSED))
    rest = mouth[gap <= np.quantile(gap, RESTING)].mean(0)
    rest = rest + (closed - (zero + rest @ opening)) * apart
    low, high = np.quantile(mouth, SEEN, axis=0)
    middle = mouth.mean(0)
    return Speaker(
        opening, zero, apart, rest, closed, middle + WIDER * (low - middle), middle + WIDER * (high - middle)
    )


def plan_mouth(
    voice: VoiceMotion, times: np.ndarray, frame: float, speaker: Speaker, learnt: MouthMap | None, options: DubOptions
) -> np.ndarray:
    """(n, 12) mouth coefficients at times (n,) seconds of the voice, `frame` s apart. learnt: None for the engine's own
    opening, without the speaker's style."""
    mouth = spoken_mouth(voice, times, speaker, learnt, options)
    return resting_mouth(closed_mouth(mouth, voice, times, frame, speaker), voice, times, speaker)


def spoken_mouth(
    voice: VoiceMotion, times: np.ndarray, speaker: Speaker, learnt: MouthMap | None, options: DubOptions
) -> np.ndarray:
    """What the speaker's map, or the engine alone, says, within what this mouth does."""
    if learnt is None:
        wanted = speaker.closed + np.maximum(voice.opening_at(times), 0)
        mouth = speaker.with_gap(np.tile(speaker.rest, (len(times), 1)), wanted)
    else:
        mouth = learnt.mouth(voice, times)
        middle = float(speaker.gap(learnt.mean[None])[0])
        mouth = speaker.with_gap(mouth, middle + learnt.gain * (speaker.gap(mouth) - middle))
    mouth = speaker.rest + options.strength * (mouth - speaker.rest)
    gap = speaker.closed + options.opening * np.maximum(speaker.gap(mouth) - speaker.closed, 0)
    return np.clip(speaker.with_gap(mouth, gap), speaker.lowest, speaker.highest)


def closed_mouth(
    mouth: np.ndarray, voice: VoiceMotion, times: np.ndarray, frame: float, speaker: Speaker
) -> np.ndarray:
    """The lips meet in at least one picture of each contact, solved on the gap of the lip points themselves."""
    share = _away(times + EARLY, voice.shut, CLOSING, frame / 2)
    above = np.maximum(speaker.gap(mouth) - speaker.closed, 0)
    return speaker.with_gap(mouth, speaker.gap(mouth) - (1 - share) * above)


def resting_mouth(mouth: np.ndarray, voice: VoiceMotion, times: np.ndarray, speaker: Speaker) -> np.ndarray:
    """The mouth comes to rest in every silence."""
    share = (1 - speaking(times, voice))[:, None]
    return mouth + share * (speaker.rest - mouth)


def speaking(times: np.ndarray, voice: VoiceMotion) -> np.ndarray:
    """(n,) 0 to 1: how much of the voice's motion is shown."""
    share = np.where((times < 0) | (times > voice.seconds), 0.0, 1.0)
    for begin, end in voice.silent:
        settled = np.inf if begin <= 0 else (times - begin) / SETTLING
        before = np.inf if end >= voice.seconds - 0.05 else (end - times) / PARTING
        inside = np.clip(np.minimum(settled, before), 0, 1) * ((times >= begin) & (times <= end))
        share = np.minimum(share, np.cos(inside * np.pi / 2) ** 2)
    return share


def _away(times: np.ndarray, spans: np.ndarray, ramp: float, reach: float) -> np.ndarray:
    """(n,) 0 within the spans (S, 2) and `reach` s around them, 1 from `ramp` s on."""
    share = np.ones(len(times))
    for begin, end in spans:
        away = np.maximum(begin - reach - times, times - end - reach) / ramp
        share = np.minimum(share, np.sin(np.clip(away, 0, 1) * np.pi / 2) ** 2)
    return share


def with_posture(mouth: np.ndarray, posture: np.ndarray, speaker: Speaker) -> np.ndarray:
    """Coefficients (n, 12) with what the head's turn adds to them (n, 12). It does not part lips that are shut."""
    parted = np.clip((speaker.gap(mouth) - speaker.closed) / PARTED, 0, 1)
    turned = mouth + posture
    return speaker.with_gap(turned, speaker.gap(turned) - (1 - parted) * (posture @ speaker.opening))


def unhurried_mouth(mouth: np.ndarray, shot: np.ndarray, speaker: Speaker) -> np.ndarray:
    """Coefficients (n, 12) of frames, each in its shot (n,), opened less where the lips would turn more sharply than
    this speaker's do. In short syllables the articulators fall short of the vowel (Lindblom 1963): between two contacts
    .15 s apart, a wide opening of one frame is a flash. Lips that meet still do, and none open wider."""
    gap = speaker.gap(mouth)
    lower, allowed = gap.copy(), np.where(shot[:-2] == shot[2:], speaker.sharpest, np.inf)
    while (excess := above_neighbours(lower) - allowed).max(initial=0) > EXACT:
        lower[1:-1] -= np.maximum(excess, 0)  # the gaps sink, and never below the widest that are allowed
    return speaker.with_gap(mouth, lower)


def above_neighbours(gap: np.ndarray) -> np.ndarray:
    """(n - 2,) of gaps (n,): how far each but the first and the last is above the mean of the two beside it."""
    return gap[1:-1] - (gap[:-2] + gap[2:]) / 2


def own_rest(
    own: np.ndarray, planned: np.ndarray, speaker: Speaker, voice: VoiceMotion, times: np.ndarray
) -> np.ndarray:
    """(n,) bool: the voice is silent and the film's own mouth (n, 12) rests as well, so that its picture can stay."""
    silent = speaking(times, voice) < 0.01
    near = np.linalg.norm(own - speaker.rest, axis=1) < NEAR_REST
    return silent & near & (np.linalg.norm(planned - speaker.rest, axis=1) < NEAR_REST)
