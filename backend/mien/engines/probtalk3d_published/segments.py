# SPDX-License-Identifier: GPL-3.0-or-later
"""Segments of a long sound for a network that takes whole clips of one emotion, and the cross-fade of their motion.

Published styles are one emotion at one level a clip, and its codes depend on the clip's length; so a sound
longer than the clips it is known to work on is cut, at quiet moments, and every segment has the style that the
direction asks for there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.audio.speech import RATE
from mien.direction import LEVELS, Direction, strength
from mien.engines.probtalk3d_published.flame_motion import FPS

STEP = RATE // FPS  # samples a frame
FEATURE_TAIL = 80  # samples after a frame's own that its last feature depends on
# The official test clips last 5.5 to 8.1 s.
LONGEST = 250  # frames, 10 s: as one segment; otherwise segments of
USUAL = 200  # frames at most, 8 s, but for
SHIFT = 19  # frames that a cut may go to a quieter moment
QUIET = 5  # frames that are to be quiet together
FADE = 12  # frames in which one segment becomes the next


@dataclass(frozen=True)
class Segment:
    """Frames begin to end, in one style. Fades reach FADE / 2 frames beyond, where there is a neighbour."""

    begin: int
    end: int
    emotion: str
    level: str


def segments_of(samples: np.ndarray, direction: Direction) -> list[Segment]:
    """Of samples (N,) at 16 kHz, in order; one for a sound of LONGEST frames or less."""
    frames = _frames(samples)
    cuts = _cuts(samples, frames) if frames > LONGEST else []
    bounds = zip([0, *cuts], [*cuts, frames], strict=True)
    return [Segment(begin, end, *style_of(direction, begin, end)) for begin, end in bounds]


def style_of(direction: Direction, begin: int, end: int) -> tuple[str, str]:
    """(emotion, level): the one asked for most strongly in these frames, at the level nearest to what is asked for on
    average; neutral where that is nearer to nothing."""
    gains = direction.gains(np.arange(begin, end) / FPS)
    means = {name: float(values.mean()) for name, values in gains.items()}
    emotion = max(means, key=lambda name: means[name], default="neutral")
    mean = means.get(emotion, 0.0)
    level = min(LEVELS, key=lambda name: abs(strength(LEVELS[name]) - mean))
    if mean < strength(LEVELS["low"]) / 2:
        return "neutral", "low"  # as it was trained
    return emotion, level


def sound_of(samples: np.ndarray, segment: Segment) -> np.ndarray:
    """Samples (n,) of a segment with its fades; to the sound's last sample, where it is the last."""
    begin, end = span(samples, segment)
    return samples[begin * STEP : None if end == _frames(samples) else end * STEP + FEATURE_TAIL]


def span(samples: np.ndarray, segment: Segment) -> tuple[int, int]:
    """(begin, end) in frames of a segment with its fades."""
    return max(0, segment.begin - FADE // 2), min(_frames(samples), segment.end + FADE // 2)


def cross_faded(clips: list[np.ndarray], spans: list[tuple[int, int]], frames: int) -> np.ndarray:
    """(frames, C) of motion (n, C) for each span, faded from one to the next; the last frame is held to the end."""
    total, weight = np.zeros((frames, clips[0].shape[1])), np.zeros((frames, 1))
    for i, (clip, (begin, end)) in enumerate(zip(clips, spans, strict=True)):
        end = min(end, frames)
        motion = clip[np.minimum(np.arange(end - begin), len(clip) - 1)]
        share = np.ones((end - begin, 1))
        ramp = (np.arange(FADE)[:, None] + 0.5) / FADE
        if i:
            share[:FADE] = ramp
        if i < len(clips) - 1:
            share[-FADE:] = ramp[::-1]
        total[begin:end] += share * motion
        weight[begin:end] += share
    known = int(np.flatnonzero(weight)[-1]) + 1
    total[:known] /= weight[:known]
    total[known:] = total[known - 1]
    return total


def _frames(samples: np.ndarray) -> int:
    return max(1, len(samples) // STEP)


def _cuts(samples: np.ndarray, frames: int) -> list[int]:
    """Frames between segments: evenly, then each to the quietest moment within SHIFT."""
    energy = (samples[: frames * STEP].reshape(frames, STEP).astype(float) ** 2).mean(1)
    quiet = np.convolve(energy, np.ones(QUIET) / QUIET, "same")
    count = -(-frames // USUAL)
    cuts = []
    for number in range(1, count):
        middle = number * frames // count
        cuts.append(middle - SHIFT + int(quiet[middle - SHIFT : middle + SHIFT + 1].argmin()))
    return cuts
