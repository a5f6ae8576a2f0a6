# SPDX-License-Identifier: GPL-3.0-or-later
"""How like its speaker a mouth moves that is planned from the film's own sound: measures on frames held out.

A fifth of a short clip may be all pause or all laughter, so each fifth is held out once and the means are given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from mien.engines.personatalk.geometry.sound_offset import settle_offset
from mien.engines.personatalk.learnt_speaker import LearntSpeaker
from mien.engines.personatalk.lip_motion import Speaker, closed_mouth, resting_mouth, spoken_mouth, with_posture
from mien.engines.personatalk.options import DubOptions
from mien.engines.personatalk.voice_motion import VoiceMotion
from mien.face_tracking.contacts import TOUCH

SHIFTS = (-8, -4, 0, 4, 8)  # pictures by which the sound is shifted
JAW = 1  # column of VoiceMotion.plain: the take's jawOpen
FOLDS = 5
APART = 3  # pictures beside a held-out fifth that are not learnt from
HELD_STILL = 0.006  # eye distances above the speaker's closed lips that still are closed


@dataclass(frozen=True)
class MotionScores:
    """On held-out frames of the own sound: r of the lip gap, and of plain jawOpen; gain: spread of the gap over the
    true one; error: mean distance of the mouth's coefficients over that of the mean mouth; closed, truly_closed: shares
    of frames with closed lips over the whole film, with contacts and pauses as a dub shows them; late: pictures by
    which the sound is late; shift_error: the largest error of it, in pictures, after shifting the sound; style:
    Wasserstein distances of gap, width and speed over the true spread; learnt: whether the speaker's style was."""

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
    who: LearntSpeaker,
) -> MotionScores:  # fmt: skip
    """Of coefficients mouth (N, 12) at times (N,) seconds of the sound; frames learnt, held_out (N,) bool; who: what
    was learnt. ValueError where no style was looked for."""
    speaker, style = who.speaker, who.style
    if style is None:
        raise ValueError("the speaker was learnt without the sound")
    at = times + style.offset.late
    planned = spoken_mouth(voice, at, speaker, style.lip_map, DubOptions())
    shown = resting_mouth(closed_mouth(planned, voice, at, frame, speaker), voice, at, speaker)
    shown, planned = (with_posture(each, who.posture, speaker) for each in (shown, planned))
    gap, true = speaker.gap(planned), speaker.gap(mouth)
    still = speaker.gap(mouth - who.posture)
    jaw = voice.plain_at(at)[:, JAW]
    limit = max(speaker.closed + HELD_STILL, TOUCH)
    mean = np.linalg.norm(mouth[held_out] - mouth[learnt].mean(0), axis=1).mean()
    seen = mouth[learnt] - who.posture[learnt]
    shifted = [
        settle_offset(voice, times[learnt] + k * frame, seen, still[learnt], frame).late - style.offset.late + k * frame
        for k in SHIFTS
    ]
    return MotionScores(
        r=_correlation(gap[held_out], true[held_out]),
        jaw_r=_correlation(jaw[held_out], true[held_out]),
        gain=float(gap[held_out].std() / max(true[held_out].std(), 1e-9)),
        error=float(np.linalg.norm(planned[held_out] - mouth[held_out], axis=1).mean() / max(mean, 1e-9)),
        closed=float((speaker.gap(shown) < limit).mean()),
        truly_closed=float((true < limit).mean()),
        late=style.offset.late / frame,
        shift_error=float(np.abs(shifted).max() / frame),
        style=float(np.mean([_style_distance(one, other) for one, other in _curves(shown, mouth, speaker, learnt)])),
        learnt=style.lip_map is not None,
    )


def cross_validated(
    usable: np.ndarray, times: np.ndarray, frame: float, voice: VoiceMotion,
    face: Callable[[np.ndarray], tuple[np.ndarray, LearntSpeaker]],
) -> MotionScores:  # fmt: skip
    """The mean of `motion_scores` over FOLDS parts, each held out once; shift_error is the largest of all.

    usable (N,) bool: frames that show the face; face: for the frames that are learnt from (N,) the mouth coefficients
    (N, 12) and the speaker as learnt. Parts without 2 usable frames are left out. ValueError where there is none.
    """
    frames = np.arange(len(usable))
    found = []
    for part in np.array_split(frames, FOLDS):
        held_out = usable & np.isin(frames, part)
        learnt = usable & ((frames < part[0] - APART) | (frames > part[-1] + APART)) if len(part) else usable
        if held_out.sum() >= 2:
            mouth, who = face(learnt)
            found.append(motion_scores(mouth, learnt, held_out, times, frame, voice, who))
    if not found:
        raise ValueError("no part of the film shows the face")
    values = {field.name: [getattr(scores, field.name) for scores in found] for field in fields(MotionScores)}
    means = {name: float(np.mean(column)) for name, column in values.items() if name not in ("shift_error", "learnt")}
    return MotionScores(**means, shift_error=max(values["shift_error"]), learnt=all(values["learnt"]))


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
