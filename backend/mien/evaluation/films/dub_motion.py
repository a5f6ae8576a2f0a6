# SPDX-License-Identifier: GPL-3.0-or-later
"""How like its speaker a mouth moves that is planned from the film's own sound: measures on frames held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.lip_motion import Speaker, closed_mouth, spoken_mouth
from mien.engines.personatalk.options import DubOptions
from mien.engines.personatalk.sound_offset import find_offset
from mien.engines.personatalk.speaking_style import learn_style
from mien.engines.personatalk.voice_motion import VoiceMotion
from mien.face_tracking.contacts import TOUCH

SHIFTS = (-8, -4, 0, 4, 8)  # pictures by which the sound is shifted
JAW = 1  # column of VoiceMotion.plain: the take's jawOpen
HELD_STILL = 0.006  # eye distances above the speaker's closed lips that still are closed


@dataclass(frozen=True)
class MotionScores:
    """On held-out frames of the own sound: r of the lip gap, and of plain jawOpen; gain: spread of the gap over the
    true one; error: mean distance of the mouth's coefficients over that of the mean mouth; closed, truly_closed: shares
    of frames with closed lips over the whole film; late: pictures by which the sound is late; shift_error: the largest
    error of it, in pictures, after shifting the sound; style: Wasserstein distances of gap, width and speed over the
    true spread; learnt: whether the speaker's style was."""

    r: float
    jaw_r: float
    gain: float
    error: float
    closed: float
    truly_closed: float
    late: float
    shift_error: float
    style: float
    learnt: bool


def motion_scores(
    mouth: np.ndarray, learnt: np.ndarray, held_out: np.ndarray, times: np.ndarray, frame: float, voice: VoiceMotion,
    speaker: Speaker,
) -> MotionScores:  # fmt: skip
    """Of coefficients mouth (N, 12) at times (N,) seconds of the sound; frames learnt, held_out (N,) bool."""
    style = learn_style(mouth, learnt, times, frame, voice, speaker)
    at = times + style.offset.late
    planned = spoken_mouth(voice, at, speaker, style.lip_map, DubOptions())
    shut = closed_mouth(planned, voice, at, frame, speaker)
    gap, true = speaker.gap(planned), speaker.gap(mouth)
    jaw = voice.plain_at(at)[:, JAW]
    limit = max(speaker.closed + HELD_STILL, TOUCH)
    mean = np.linalg.norm(mouth[held_out] - mouth[learnt].mean(0), axis=1).mean()
    shifted = [
        abs(find_offset(voice, times[learnt] + k * frame, true[learnt], frame).late - style.offset.late + k * frame)
        for k in SHIFTS
    ]
    return MotionScores(
        r=_correlation(gap[held_out], true[held_out]),
        jaw_r=_correlation(jaw[held_out], true[held_out]),
        gain=float(gap[held_out].std() / max(true[held_out].std(), 1e-9)),
        error=float(np.linalg.norm(planned[held_out] - mouth[held_out], axis=1).mean() / max(mean, 1e-9)),
        closed=float((speaker.gap(shut) < limit).mean()),
        truly_closed=float((true < limit).mean()),
        late=style.offset.late / frame,
        shift_error=float(max(shifted) / frame),
        style=float(np.mean([_style_distance(one, other) for one, other in _curves(shut, mouth, speaker, learnt)])),
        learnt=style.lip_map is not None,
    )


def _curves(made: np.ndarray, true: np.ndarray, speaker: Speaker, seen: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Pairs of lip gap, second coefficient (for most mouths the width) and speed of the gap."""
    gaps = speaker.gap(made)[seen], speaker.gap(true)[seen]
    widths = made[seen, 1], true[seen, 1]
    return [gaps, widths, (np.abs(np.diff(gaps[0])), np.abs(np.diff(gaps[1])))]


def _style_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Wasserstein distance of two samples of equal size, over the spread of the second."""
    return float(np.abs(np.sort(one) - np.sort(other)).mean() / max(other.std(), 1e-9))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if np.ptp(one) > 0 and np.ptp(other) > 0 else 0.0
