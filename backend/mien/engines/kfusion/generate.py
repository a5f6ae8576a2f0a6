# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks of a talking face from sound, and takes by them: the network, the channels that its landmarks are fitted
by, then the rules that all learnt engines share.

What the rules change of the channels (blinks, brows, the lip curve of people) moves the landmarks too, by the head's
landmark Jacobian; what no channel can show stays as the network made it. Last, lips meet on the landmarks themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.analysis import analyse
from mien.engines.articulation.persona import directed_curve
from mien.engines.base import Progress, no_progress
from mien.engines.kfusion import INFO, WEIGHTS
from mien.engines.kfusion.landmark_space import GAZE, MOVED, ROTATION, jacobian_of
from mien.engines.kfusion.lips import met, shut
from mien.engines.kfusion.network import KFusion
from mien.engines.kfusion.sampling import sample
from mien.engines.kfusion.sound_domains import domains_of
from mien.engines.kfusion.weights import load
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.postprocess import postprocess
from mien.heads.default import load_head
from mien.heads.landmark_fitting import fit_channels
from mien.heads.landmark_track import LandmarkTrack, default_rest
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

Analysis = tuple[PhoneTrack, Prosody]
ANALYSIS = 0.6  # share of the work


def landmarks(
    speech: Speech, direction: Direction, identity_landmarks: np.ndarray | None = None, seed: int | None = None,
    fps: Fraction | int = FPS, progress: Progress = no_progress, analysis: Analysis | None = None,
    weights: Path = WEIGHTS,
) -> LandmarkTrack:  # fmt: skip
    """The landmarks of a face that says this, at `fps` frames a second.

    `identity_landmarks` (68, 3) mm: the face at rest in the frame of the default head, whose own they are when None.
    `seed`: the direction's when None. `analysis`: phones and prosody, found when None. DirectionError where the
    direction's transcript does not fit, EngineError for damaged weights.
    """
    directed = direction if seed is None else direction.with_seed(seed)
    rest = default_rest() if identity_landmarks is None else np.asarray(identity_landmarks, np.float32)
    track, prosody = analysis or analyse(speech, directed, progress, ANALYSIS)
    numbers = sampled(speech, track, prosody, [directed], rest, weights=weights)[0]
    motion = motion_of(numbers, rest)
    curve = directed_curve(speech, track, prosody, directed)
    take = postprocess(motion, track, prosody, directed, speech.duration, curve).resample(fps)
    assert take.weights is not None
    moments = np.arange(len(numbers)) / FPS
    within = np.minimum(take.times, moments[-1])
    moved = PchipInterpolator(moments, numbers[:, :MOVED])(within)
    fitted = PchipInterpolator(moments, motion[:, : take.weights.shape[1]])(within)
    moved += (take.weights - fitted) @ jacobian_of(rest)
    points = met(rest + moved.reshape(len(moved), -1, 3), shut(track, take.times))
    progress(1.0, "done")
    return LandmarkTrack(
        points=points,
        head=take.head_rotation,
        gaze=take.gaze,
        fps=take.fps,
        duration=take.duration,
        rest=rest,
        info={"engine": INFO.name, "engine_version": INFO.version, "seed": str(directed.seed)},
    )


def generate(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
    progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ only in their seed."""
    rest = default_rest()
    motions = [
        motion_of(numbers, rest)
        for numbers in sampled(speech, track, prosody, directions, rest, lambda done: progress(done / 2), weights)
    ]
    curve = directed_curve(speech, track, prosody, directions[0])
    return [
        postprocess(motion, track, prosody, direction, speech.duration, curve)
        for motion, direction in zip(motions, directions, strict=True)
    ]


def sampled(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction], rest: np.ndarray,
    progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS,
) -> np.ndarray:  # fmt: skip
    """(takes, F, 209) float32 at 25 frames a second, one frame past the end: what the network says, without rules."""
    audio, style = conditioning(speech, track, prosody, directions[0])
    seeds = [direction.seed for direction in directions]
    pair = domains_of(speech, audio)
    return sample(network(weights), *pair, style, rest, seeds, directions[0].temperature, progress)


def motion_of(numbers: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(F, 57) float32 of numbers (F, 209): the channels that move the default head's landmarks so, head rotation and
    gaze."""
    track = LandmarkTrack(
        points=rest + numbers[:, :MOVED].reshape(len(numbers), -1, 3),
        head=np.ascontiguousarray(numbers[:, ROTATION]),
        gaze=np.ascontiguousarray(numbers[:, GAZE]),
        fps=Fraction(FPS),
        rest=rest,
    )
    return np.concatenate([fit_channels(track, load_head()), numbers[:, ROTATION], numbers[:, GAZE]], 1)


@functools.lru_cache(maxsize=8)  # trainings are compared
def network(path: Path = WEIGHTS) -> KFusion:
    """The network, kept. EngineError for a damaged file."""
    return load(path)
