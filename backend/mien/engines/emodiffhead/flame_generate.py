# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of EMOdiffhead that move a FLAME by its own numbers: the network, then lips that meet on FLAME itself.

Of the rules those of the lips are kept: they meet on p, b and m, and never cross. The others are about channels that
FLAME has not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation import phone_table
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import MISSED, NARROWEST, Hold, holds, ramp
from mien.engines.base import EngineError
from mien.engines.emodiffhead import expression
from mien.engines.emodiffhead.flame_space import NUMBERS, Lips
from mien.engines.emodiffhead.guidance import Guidance
from mien.engines.emodiffhead.network import STYLE, Denoiser
from mien.engines.emodiffhead.sampling import STEPS, perform
from mien.engines.neural.conditioning import inputs
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.postprocess import Asked
from mien.heads.correspondence import bind_head
from mien.heads.default import load_head
from mien.heads.flame import Flame
from mien.heads.flame_fitting import EXPRESSIONS, solved
from mien.heads.lip_gap import CLOSED, CROSSING
from mien.heads.vertex_motion import Movement, few_shapes
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take, hold_times

ERROR = 0.0001  # m: no vertex of the basis is further from the posed FLAME
NEWTON = 8  # steps towards a gap
SLOPE = 0.01  # of the closing movement, by which its effect is told


def performed(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: list[Direction], network: Denoiser, flame: Flame,
    progress: Callable[[float], None] = lambda done: None, steps: int = STEPS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ in nothing but their seed. EngineError where channels are held."""
    first = directions[0]
    if first.held:
        raise EngineError(
            "channels are held, and a take of FLAME's own numbers has none; perform it on the default head "
            "and then run: mien convert --to flame."
        )
    sound, told = inputs(speech, track, prosody, first)
    motions = perform(
        network, sound, told[:, :STYLE], [expression.directed(each, len(sound)) for each in directions],
        [each.seed for each in directions], first.temperature,
        Guidance(first.sound_guidance, first.emotion_guidance), None, steps, progress,
    )  # fmt: skip
    return [
        finished(motion, track, direction, speech.duration, flame)
        for motion, direction in zip(motions, directions, strict=True)
    ]


def finished(motion: np.ndarray, track: PhoneTrack, direction: Direction, duration: Fraction, flame: Flame) -> Take:
    """A take at 100 frames a second of motion (F, 58), two frames or more at 25 a second."""
    frames = max(1, math.ceil(duration * RATE))
    times = np.arange(max(len(track), frames)) / RATE
    moments = np.arange(len(motion)) / FPS
    within = np.minimum(times, moments[-1])
    heard, asked = early(track), Asked.of(direction)
    marks = [mark for mark in holds(heard) if mark.phone in phone_table.BILABIALS]
    seconds = np.array([(mark.begin / RATE, mark.end / RATE) for mark in marks]).reshape(-1, 2)
    numbers = PchipInterpolator(hold_times(moments, seconds)[0], motion[:, :NUMBERS])(within)
    meet(numbers, marks, Lips(flame), closing(flame))
    numbers = numbers[:frames]
    rotation = asked.head * CubicSpline(moments, motion[:, NUMBERS : NUMBERS + 3])(within[:frames])
    gaze = asked.gaze * PchipInterpolator(moments, motion[:, NUMBERS + 3 :])(within[:frames])
    known = len(flame.expression_basis[:EXPRESSIONS])

    def at(rows: slice | np.ndarray) -> np.ndarray:
        return flame.vertices(numbers[rows, :known], numbers[rows, EXPRESSIONS:]) - flame.template

    basis, coefficients, error = few_shapes(at, frames, ERROR)
    shown = seconds[seconds[:, 0] <= (frames - 1) / RATE].astype(np.float32)
    shown[:, 1:] = np.minimum(shown[:, 1:], np.float32((frames - 1) / RATE))
    return Take(
        fps=Fraction(RATE), duration=duration, head_rotation=rotation.astype(np.float32),
        gaze=gaze.astype(np.float32), basis=basis, coefficients=coefficients, mouth_holds=shown,
        meta=flame.said | {"basis_error_m": f"{error:.3g}"},
    )  # fmt: skip


def closing(flame: Flame) -> np.ndarray:
    """(53,) what mouthClose is in FLAME's numbers."""
    head = load_head()
    binding = bind_head(head, flame)
    shape = binding.carried(head.deltas[[head.channels.index("mouthClose")]])
    found = solved(Movement(shape), flame, binding.found)
    return np.concatenate([found.expression, found.jaw], 1)[0]


def meet(numbers: np.ndarray, marks: list[Hold], lips: Lips, towards: np.ndarray) -> None:
    """Bend numbers (T, 53), in place, along `towards` (53,) until the lips meet in every closure and cross nowhere."""
    closed, least = min(CLOSED, max(lips.rest, CROSSING)), min(lips.rest, CROSSING)
    now = lips.gaps(numbers).min(1)
    missed = [float(now[mark.begin : mark.end + 1].max(initial=closed)) - closed for mark in marks]
    shut = ramp(len(numbers), marks, [float(np.clip(off / MISSED, NARROWEST, 1)) for off in missed])
    wanted = np.maximum(now * (1 - shut) + closed * shut, least)
    bent = np.flatnonzero(np.abs(wanted - now) > 1e-7)
    if not len(bent):
        return
    start, amount = numbers[bent], np.zeros((len(bent), 1))
    for _ in range(NEWTON):
        gap = lips.gaps(start + amount * towards).min(1)
        slope = (lips.gaps(start + (amount + SLOPE) * towards).min(1) - gap) / SLOPE
        amount[:, 0] += (wanted[bent] - gap) / np.minimum(slope, -1e-5)
    numbers[bent] = start + amount * towards
