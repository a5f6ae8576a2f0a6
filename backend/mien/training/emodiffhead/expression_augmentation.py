# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces that nobody was taught, put on performances that show none, so that any expression can be learnt.

The face of a speaker is what speech does and what feeling does, added (`articulation.emotion.add`): so speech that was
performed without emotion shows any face that is added to it, ducked where the phones need the lips and bent until the
lips do what they did.
"""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, columns
from mien.direction import EMOTIONS
from mien.engines.articulation import emotion
from mien.engines.articulation.constraints import CROSSING
from mien.engines.emodiffhead.expression import SIZE, course, faces
from mien.engines.neural.audio_features import FLAGS, PARTS
from mien.engines.neural.motion_space import FPS
from mien.heads.lip_gap import lip_gap
from mien.speech_analysis.track import PHONES, RATE, PhoneTrack

KINDS = (0.25, 0.25, 0.5)  # shares of one emotion, of a mix, and of a pose of some channels
MIXED = 3  # emotions in a mix, at most
POSED = (1, 8)  # muscles of a pose
LOPSIDED = 0.4  # of the faces: one side shows more
CHANGING = 0.5  # of the stretches: the face comes and goes
ONSETS = (0.15, 1.2)  # s
SIDEWAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
# What a pose may hold at most where it is not 1: more, and nobody could see or speak. Gaze is the eyes' own affair.
MOST = {"eyeBlink": 0.4, "jawOpen": 0.2, "mouthClose": 0.0, "tongueOut": 0.3} | {
    name: 0.0 for name in ("eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp")
}
# What moves together: a channel, or both sides of one; but nothing is pulled to the left and to the right
MUSCLES = {name: [i] for i, name in enumerate(ARKIT) if name in SIDEWAYS or not name.endswith(("Left", "Right"))} | {
    name: columns(name)
    for name in dict.fromkeys(side.removesuffix("Left").removesuffix("Right") for side in ARKIT if side not in SIDEWAYS)
}
MOVABLE = tuple(name for name in MUSCLES if MOST.get(name, 1.0) > 0)
LEFT, RIGHT = (np.array([name.endswith(side) for name in ARKIT]) for side in ("Left", "Right"))
OPENED, KEPT = 3.0, 0.5  # lips open at most so many times as far as the speech has them, and at least this share


def drawn(rng: np.random.Generator) -> np.ndarray:
    """(52,) a face in [0, 1]: an emotion's, a mix of some, or a pose of some channels; now and then lopsided."""
    kind = rng.choice(len(KINDS), p=KINDS)
    if kind == 2:
        face = posed(rng)
    else:
        number = 1 if kind == 0 else int(rng.integers(2, MIXED + 1))
        shares = rng.dirichlet(np.ones(number)) * rng.uniform(1, 1.5)
        face = shares @ faces(int(rng.integers(64)))[1 + rng.choice(len(EMOTIONS) - 1, number, replace=False)]
    if rng.random() < LOPSIDED:
        face = lopsided(rng, face)
    return np.clip(face, 0, 1)


def posed(rng: np.random.Generator) -> np.ndarray:
    """(52,) some muscles, each as far as it goes or less."""
    face = np.zeros(SIZE)
    for name in rng.choice(MOVABLE, int(rng.integers(POSED[0], POSED[1] + 1)), replace=False):
        face[MUSCLES[name]] = rng.uniform(0, MOST.get(name, 1.0))
    return face


def lopsided(rng: np.random.Generator, face: np.ndarray) -> np.ndarray:
    """The face with less on one side."""
    return face * np.where(rng.random() < 0.5, LEFT, RIGHT) * rng.uniform(-1, 0) + face


def worn(rng: np.random.Generator, frames: int) -> np.ndarray:
    """(frames, 52) a drawn face over time: held, or coming and going."""
    high, low = 1 - rng.random() ** 2, rng.uniform(0, 0.3)
    level = np.full((frames, 1), high)
    if rng.random() < CHANGING:
        one, two = np.sort(rng.integers(0, frames + 1, 2))
        level[:one] = level[two:] = low
    return course(level, *rng.uniform(*ONSETS, 2)) * drawn(rng)


def put_on(motion: np.ndarray, expression: np.ndarray, posteriors: np.ndarray) -> np.ndarray:
    """(F, 57) motion that shows an expression (F, 52) besides, phones (F, 40) being spoken, all at 25 frames a second.

    Where the speech has its lips shut they stay so; elsewhere they part about as it does.
    """
    speech = motion[:, :SIZE].astype(float)
    track = PhoneTrack(np.repeat(posteriors, RATE // FPS, 0), ())
    shown = emotion.face({}, track, np.zeros(len(track)), np.ones(SIZE), 0, 0)[:: RATE // FPS]
    weights = emotion.add(speech, expression * shown)
    gap = lip_gap()
    before = gap.of(speech)
    gap.narrow(weights, before + (OPENED - 1) * np.maximum(before - gap.neutral, 0))
    gap.widen(weights, np.maximum(np.minimum(CROSSING, before), KEPT * before))
    return np.concatenate([weights, motion[:, SIZE:]], 1).astype(np.float32)


def posteriors_of(heard: np.ndarray) -> np.ndarray:
    """(F, 40) of what is heard (F, heard.SIZE)."""
    phones = len(PHONES)
    parts = heard[:, : PARTS * (phones + len(FLAGS))].reshape(len(heard), PARTS, -1)
    return parts[..., :phones].mean(1)
