# SPDX-License-Identifier: GPL-3.0-or-later
"""Random expressions added to performances without emotion, so that EMOdiffhead learns any expression and not only
those of the eight emotions.

In the motion corpus a face is the sum of its speech and its emotion (`articulation.emotion.mixes.add`). So emotion-free
speech can show any expression that is added to it, weaker where the phones need the lips, and corrected until the lip
aperture is about what it was.
"""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, columns
from mien.direction import EMOTIONS
from mien.engines.articulation.constraints import LEAST_APERTURE
from mien.engines.articulation.emotion import mixes
from mien.engines.articulation.emotion.ducking import ducking
from mien.engines.emodiffhead import expression as expressions
from mien.engines.neural.audio_features import FLAGS, PARTS
from mien.engines.neural.motion_space import FPS
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.track import PHONES, RATE, PhoneTrack

SIZE = expressions.SIZE
KINDS = (0.25, 0.25, 0.5)  # shares of one emotion, of a mix, and of a pose of some channels
MIXED = 3  # emotions in a mix, at most
POSE_MUSCLES = (1, 8)  # muscles that a pose moves
ONE_SIDED = 0.4  # of the expressions are weaker on one side
CHANGING = 0.5  # of the clips: the expression comes and goes
ONSETS = (0.15, 1.2)  # s
SIDEWAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
# Largest weights in a pose, 1 where none is given: with more, the mouth or the eyes could not do their work. Gaze is
# not part of an expression.
LARGEST = {
    "eyeBlink": 0.4, "jawOpen": 0.2, "mouthClose": 0.0, "tongueOut": 0.3,
    "eyeLookDown": 0.0, "eyeLookIn": 0.0, "eyeLookOut": 0.0, "eyeLookUp": 0.0,
}  # fmt: skip
# Channels that move together: one, or the left and right of a pair; the sideways channels exclude each other
MUSCLES = {name: [i] for i, name in enumerate(ARKIT) if name in SIDEWAYS or not name.endswith(("Left", "Right"))} | {
    name: columns(name)
    for name in dict.fromkeys(side.removesuffix("Left").removesuffix("Right") for side in ARKIT if side not in SIDEWAYS)
}
MOVABLE = tuple(name for name in MUSCLES if LARGEST.get(name, 1.0) > 0)
LEFT, RIGHT = (np.array([name.endswith(side) for name in ARKIT]) for side in ("Left", "Right"))
STEPS = 3  # towards an aperture, which is no linear function
WIDEST, NARROWEST = 3.0, 0.5  # times the lip aperture of the speech, within which the sum's is kept


def random_face(rng: np.random.Generator) -> np.ndarray:
    """(52,) weights in [0, 1] of an emotion, a mix of some, or a random pose; some weaker on one side."""
    kind = rng.choice(len(KINDS), p=KINDS)
    if kind == 2:
        face = random_pose(rng)
    else:
        number = 1 if kind == 0 else int(rng.integers(2, MIXED + 1))
        shares = rng.dirichlet(np.ones(number)) * rng.uniform(1, 1.5)
        emotions = expressions.faces(int(rng.integers(64)))
        face = shares @ emotions[1 + rng.choice(len(EMOTIONS) - 1, number, replace=False)]
    if rng.random() < ONE_SIDED:
        face = one_sided(rng, face)
    return np.clip(face, 0, 1)


def random_pose(rng: np.random.Generator) -> np.ndarray:
    """(52,) some muscles at random weights up to their largest."""
    face = np.zeros(SIZE)
    for name in rng.choice(MOVABLE, int(rng.integers(POSE_MUSCLES[0], POSE_MUSCLES[1] + 1)), replace=False):
        face[MUSCLES[name]] = rng.uniform(0, LARGEST.get(name, 1.0))
    return face


def one_sided(rng: np.random.Generator, face: np.ndarray) -> np.ndarray:
    """The face (52,) weaker on a random side."""
    return face * np.where(rng.random() < 0.5, LEFT, RIGHT) * rng.uniform(-1, 0) + face


def random_expression(rng: np.random.Generator, frames: int) -> np.ndarray:
    """(frames, 52) a random face over time at 25 frames a second: constant, or coming and going."""
    high, low = 1 - rng.random() ** 2, rng.uniform(0, 0.3)
    level = np.full((frames, 1), high)
    if rng.random() < CHANGING:
        begin, end = np.sort(rng.integers(0, frames + 1, 2))
        level[:begin] = level[end:] = low
    return expressions.course(level, *rng.uniform(*ONSETS, 2)) * random_face(rng)


def add_expression(motion: np.ndarray, expression: np.ndarray, posteriors: np.ndarray) -> np.ndarray:
    """(F, 57) float32: motion (F, 57) with an expression (F, 52) added, phones having posteriors (F, 40), all at 25
    frames a second.

    Lips that the speech has shut stay shut; elsewhere they part about as far as in the speech.
    """
    speech = motion[:, :SIZE].astype(float)
    track = PhoneTrack(np.repeat(posteriors, RATE // FPS, 0), ())
    # what the phones leave of an expression, by channel
    share = ducking(track)[:: RATE // FPS]
    weights = mixes.add(speech, expression * share)
    gap = lip_aperture()
    before = gap.of(speech)
    most = before + (WIDEST - 1) * np.maximum(before - gap.neutral, 0)
    gap.narrow(weights, most)
    parting = np.maximum(gap.gains.mean(1), 0)
    for _ in range(STEPS):  # what still parts the lips beyond that is taken back
        added = np.maximum(weights - speech, 0) * (parting > 0)
        excess = np.maximum(gap.of(weights) - most, 0)
        weights -= added * np.minimum(excess / np.maximum(added @ parting, 1e-9), 1)[:, None]
    gap.widen(weights, np.maximum(np.minimum(LEAST_APERTURE, before), NARROWEST * before))
    return np.concatenate([weights, motion[:, SIZE:]], 1).astype(np.float32)


def posteriors_of(features: np.ndarray) -> np.ndarray:
    """(F, 40) phone posteriors of audio features (F, audio_features.SIZE)."""
    phones = len(PHONES)
    parts = features[:, : PARTS * (phones + len(FLAGS))].reshape(len(features), PARTS, -1)
    return parts[..., :phones].mean(1)
