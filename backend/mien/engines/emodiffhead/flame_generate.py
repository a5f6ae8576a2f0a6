# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of EMOdiffhead that move a FLAME by its own parameters: the network, then lips that meet on FLAME itself.

Of the rules those of the lips are kept: they meet on p, b and m, and never cross. The others are about channels that
FLAME does not have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation import phone_table
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import MISSED, NARROWEST, Hold, holds, ramp
from mien.engines.articulation.emotion.swell import swell_at
from mien.engines.base import EngineError
from mien.engines.emodiffhead import expression
from mien.engines.emodiffhead.flame_space import PARAMETERS, Lips
from mien.engines.emodiffhead.guidance import Guidance
from mien.engines.emodiffhead.network import STYLE, Denoiser
from mien.engines.emodiffhead.sampling import STEPS, sample
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.postprocess import ResidualGains
from mien.heads.correspondence import head_correspondence
from mien.heads.default import load_head
from mien.heads.flame import Flame
from mien.heads.flame_fitting import EXPRESSIONS, fit_parameters
from mien.heads.lip_aperture import CLOSED, LEAST_APERTURE
from mien.heads.vertex_motion import VertexMotion, principal_shapes
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take, hold_times

ERROR = 0.0001  # m: no vertex of the basis is further from the posed FLAME
NEWTON = 8  # Newton steps towards a lip aperture
SLOPE = 0.01  # of the closing movement: the step of its finite difference


def generate(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction], network: Denoiser,
    flame: Flame, progress: Callable[[float], None] = lambda done: None, steps: int = STEPS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ only in their seed. EngineError where channels are held, or a lips
    model is asked for."""
    first = directions[0]
    if first.lips_model:
        raise EngineError(
            "a lips model steers the default head; perform it there and then run: mien convert --to flame."
        )
    if first.held:
        raise EngineError(
            "channels are held, and a take of FLAME's own numbers has none; perform it on the default head "
            "and then run: mien convert --to flame."
        )
    audio, style = conditioning(speech, track, prosody, first)
    swelling = swell_at(np.arange(len(audio)) / FPS, track, prosody)
    motions = sample(
        network, audio, style[:, :STYLE],
        [expression.directed(direction, len(audio), swelling) for direction in directions],
        [direction.seed for direction in directions], first.temperature,
        Guidance(first.sound_guidance, first.emotion_guidance), None, steps, progress,
    )  # fmt: skip
    return [
        postprocess(motion, track, direction, speech.duration, flame)
        for motion, direction in zip(motions, directions, strict=True)
    ]


def postprocess(motion: np.ndarray, track: PhoneTrack, direction: Direction, duration: Fraction, flame: Flame) -> Take:
    """A take at 100 frames a second of motion (F, 58), two frames or more at 25 a second."""
    frames = max(1, math.ceil(duration * RATE))
    times = np.arange(max(len(track), frames)) / RATE
    moments = np.arange(len(motion)) / FPS
    within = np.minimum(times, moments[-1])
    visible, residual = early(track), ResidualGains.of(direction)
    closures = [hold for hold in holds(visible) if hold.phone in phone_table.BILABIALS]
    seconds = np.array([(hold.begin / RATE, hold.end / RATE) for hold in closures]).reshape(-1, 2)
    parameters = PchipInterpolator(hold_times(moments, seconds)[0], motion[:, :PARAMETERS])(within)
    meet(parameters, closures, Lips(flame), closing(flame))
    parameters = parameters[:frames]
    rotation = residual.head * CubicSpline(moments, motion[:, PARAMETERS : PARAMETERS + 3])(within[:frames])
    gaze = residual.gaze * PchipInterpolator(moments, motion[:, PARAMETERS + 3 :])(within[:frames])
    known = len(flame.expression_basis[:EXPRESSIONS])

    def offsets(rows: slice | np.ndarray) -> np.ndarray:
        return flame.vertices(parameters[rows, :known], parameters[rows, EXPRESSIONS:]) - flame.template

    basis, coefficients, error = principal_shapes(offsets, frames, ERROR)
    shown = seconds[seconds[:, 0] <= (frames - 1) / RATE].astype(np.float32)
    shown[:, 1:] = np.minimum(shown[:, 1:], np.float32((frames - 1) / RATE))
    return Take(
        fps=Fraction(RATE), duration=duration, head_rotation=rotation.astype(np.float32),
        gaze=gaze.astype(np.float32), basis=basis, coefficients=coefficients, mouth_holds=shown,
        meta=flame.take_meta | {"basis_error_m": f"{error:.3g}"},
    )  # fmt: skip


def closing(flame: Flame) -> np.ndarray:
    """(53,) the channel mouthClose in FLAME's parameters."""
    head = load_head()
    correspondence = head_correspondence(head, flame)
    shape = correspondence.transfer(head.deltas[[head.channels.index("mouthClose")]])
    solution = fit_parameters(VertexMotion(shape), flame, correspondence.matched)
    return np.concatenate([solution.expression, solution.jaw], 1)[0]


def meet(parameters: np.ndarray, closures: list[Hold], lips: Lips, direction: np.ndarray) -> None:
    """Bend parameters (T, 53), in place, along `direction` (53,) until the lips meet in every closure and cross
    nowhere."""
    closed, least = min(CLOSED, max(lips.rest, LEAST_APERTURE)), min(lips.rest, LEAST_APERTURE)
    now = lips.gaps(parameters).min(1)
    missed = [float(now[hold.begin : hold.end + 1].max(initial=closed)) - closed for hold in closures]
    shut = ramp(len(parameters), closures, [float(np.clip(gap / MISSED, NARROWEST, 1)) for gap in missed])
    wanted = np.maximum(now * (1 - shut) + closed * shut, least)
    bent = np.flatnonzero(np.abs(wanted - now) > 1e-7)
    if not len(bent):
        return
    start, amount = parameters[bent], np.zeros((len(bent), 1))
    for _ in range(NEWTON):
        gap = lips.gaps(start + amount * direction).min(1)
        slope = (lips.gaps(start + (amount + SLOPE) * direction).min(1) - gap) / SLOPE
        amount[:, 0] += (wanted[bent] - gap) / np.minimum(slope, -1e-5)
    parameters[bent] = start + amount * direction
