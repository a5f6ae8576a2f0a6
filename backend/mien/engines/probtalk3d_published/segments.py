# SPDX-License-Identifier: GPL-3.0-or-later
"""A long sound in passages for a network that sees whole clips, each with one emotion, and their motion joined again.

Published styles are one emotion at one level a clip, and its codes depend on the clip's length; so what is longer than
the clips it is known to work on is cut, at quiet moments, and every passage has the style that the direction asks for
there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.audio.speech import RATE
from mien.direction import LEVELS, Direction
from mien.engines.probtalk3d_published.flame_motion import FPS

STEP = RATE // FPS  # samples a frame
HEARD = 80  # samples after a frame's own that its last feature reaches
# The official test clips last 5.5 to 8.1 s.
LONGEST = 250  # frames, 10 s: as one passage; otherwise passages of
USUAL = 200  # frames at most, 8 s, but for
SHIFT = 19  # frames that a cut may go to a quieter moment
QUIET = 5  # frames that are to be quiet together
FADE = 12  # frames in which one passage becomes the next


@dataclass(frozen=True)
class Passage:
    """Frames begin to end, in one style. Fades reach FADE / 2 frames beyond, where there is a neighbour."""

    begin: int
    end: int
    emotion: str
    level: str


def passages(samples: np.ndarray, direction: Direction) -> list[Passage]:
    """Of samples (N,) at 16 kHz, in order; one for a sound of LONGEST frames or less."""
    frames = _frames(samples)
    cuts = _cuts(samples, frames) if frames > LONGEST else []
    bounds = zip([0, *cuts], [*cuts, frames], strict=True)
    return [Passage(begin, end, *style_of(direction, begin, end)) for begin, end in bounds]


def style_of(direction: Direction, begin: int, end: int) -> tuple[str, str]:
    """(emotion, level): the one asked for most strongly in these frames, at the level nearest to what is asked for on
    average; neutral where that is nearer to nothing."""
    gains = direction.gains(np.arange(begin, end) / FPS)
    means = {name: float(values.mean()) for name, values in gains.items()}
    emotion = max(means, key=means.get, default="neutral")
    mean = means.get(emotion, 0.0)
    level = min(LEVELS, key=lambda name: abs(LEVELS[name] - mean))
    if mean < LEVELS["low"] / 2:
        return "neutral", "low"  # as it was trained
    return emotion, level


def sound_of(samples: np.ndarray, passage: Passage) -> np.ndarray:
    """What the network hears for a passage with its fades; to the sound's last sample, where it is the last."""
    begin, end = span(samples, passage)
    return samples[begin * STEP : None if end == _frames(samples) else end * STEP + HEARD]


def span(samples: np.ndarray, passage: Passage) -> tuple[int, int]:
    """Frames of a passage with its fades."""
    return max(0, passage.begin - FADE // 2), min(_frames(samples), passage.end + FADE // 2)


def joined(parts: list[np.ndarray], spans: list[tuple[int, int]], frames: int) -> np.ndarray:
    """(frames, C) of motion (n, C) for each span, faded from one to the next; the last frame is held to the end."""
    total, weight = np.zeros((frames, parts[0].shape[1])), np.zeros((frames, 1))
    for number, (part, (begin, end)) in enumerate(zip(parts, spans, strict=True)):
        end = min(end, frames)
        held = part[np.minimum(np.arange(end - begin), len(part) - 1)]
        share = np.ones((end - begin, 1))
        ramp = (np.arange(FADE)[:, None] + 0.5) / FADE
        if number:
            share[:FADE] = ramp
        if number < len(parts) - 1:
            share[-FADE:] = ramp[::-1]
        total[begin:end] += share * held
        weight[begin:end] += share
    known = int(np.flatnonzero(weight)[-1]) + 1
    total[:known] /= weight[:known]
    total[known:] = total[known - 1]
    return total


def _frames(samples: np.ndarray) -> int:
    return max(1, len(samples) // STEP)


def _cuts(samples: np.ndarray, frames: int) -> list[int]:
    """Frames between passages: evenly, then each to the quietest moment within SHIFT."""
    energy = (samples[: frames * STEP].reshape(frames, STEP).astype(float) ** 2).mean(1)
    quiet = np.convolve(energy, np.ones(QUIET) / QUIET, "same")
    count = -(-frames // USUAL)
    cuts = []
    for number in range(1, count):
        middle = number * frames // count
        cuts.append(middle - SHIFT + int(quiet[middle - SHIFT : middle + SHIFT + 1].argmin()))
    return cuts
