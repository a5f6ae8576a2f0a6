# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sitters do: shapes of speech, emotions, blinks, looks and turns of the head at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.engines.articulation.emotion.profiles import PROFILES
from mien.engines.articulation.phone_table import JAW_TARGETS, LIP_TARGETS
from mien.eye_look import CHANNELS as EYE_LOOK
from mien.eye_look import eyes_of_default_head

JAW = INDEX["jawOpen"]
MOST_JAW = 0.75
TURNS, MOST_TURN = np.array([0.08, 0.15, 0.06]), np.array([0.22, 0.38, 0.2])  # radians: pitch, yaw, roll
LOOK = np.array([0.06, 0.1])  # radians: pitch, yaw
STRAY = [i for i, name in enumerate(ARKIT) if not name.startswith("eyeLook") and name not in ("tongueOut", "jawOpen")]


@dataclass(frozen=True, eq=False)
class Pose:
    """weights (52,) in the order of ARKIT, without the eyes' looks; turn (3,) of the head and gaze (2,), radians."""

    weights: np.ndarray
    turn: np.ndarray
    gaze: np.ndarray

    def between(self, other: Pose, share: float) -> Pose:
        """`share` of the way to another pose."""
        return Pose(*(a + share * (b - a) for a, b in (
            (self.weights, other.weights), (self.turn, other.turn), (self.gaze, other.gaze))))  # fmt: skip

    @property
    def with_look(self) -> np.ndarray:
        """(52,) the weights with the shapes that turn the default head's eyes by the gaze."""
        weights = self.weights.copy()
        weights[EYE_LOOK] = eyes_of_default_head(self.gaze[None])[0, EYE_LOOK]
        return weights


def random_pose(rng: np.random.Generator) -> Pose:
    """A moment of speech."""
    weights = np.zeros(len(ARKIT))
    share, gain = rng.uniform(), rng.uniform(0.5, 1.4)
    one, other = rng.integers(len(LIP_TARGETS), size=2)
    weights += gain * (share * LIP_TARGETS[one] + (1 - share) * LIP_TARGETS[other])
    weights[JAW] = min(MOST_JAW, rng.uniform(0.4, 2.4) * (share * JAW_TARGETS[one] + (1 - share) * JAW_TARGETS[other]))
    if rng.random() < 0.65:
        profile = list(PROFILES.values())[rng.integers(len(PROFILES))]
        strength = rng.uniform(0.2, 1.0)
        for name, value in profile.face.items():
            weights[columns(name)] += strength * value
    for channel in rng.choice(STRAY, rng.integers(0, 4), replace=False):
        weights[channel] += rng.uniform(0, 0.5)
    if rng.random() < 0.25:
        weights[columns("eyeBlink")] = rng.choice([1.0, rng.uniform(0.3, 1.0)])
    turn = np.clip(rng.normal(0, TURNS), -MOST_TURN, MOST_TURN)
    return Pose(np.clip(weights, 0, 1), turn, rng.normal(0, LOOK) * (rng.random() < 0.6))


def photo_pose(rng: np.random.Generator) -> Pose:
    """How somebody looks in a photo: calm for the most part, or smiling, or caught in a word."""
    weights, kind = np.zeros(len(ARKIT)), rng.random()
    if kind > 0.75:
        weights = 0.6 * random_pose(rng).weights
    elif kind > 0.5:
        weights[columns("mouthSmile")] = rng.uniform(0.2, 0.9)
        weights[columns("mouthUpperUp")] = rng.choice([0.0, 0.5])
    weights[columns("eyeBlink")] = 0
    turn = np.clip(rng.normal(0, [0.06, 0.14, 0.04]), -0.35, 0.35)
    return Pose(weights, turn, np.zeros(2))


def random_moments(rng: np.random.Generator, count: int, in_sequence: bool) -> list[Pose]:
    """`count` moments; in_sequence: as frames that pass from one to the next in a quarter of a second."""
    if not in_sequence:
        return [random_pose(rng) for _ in range(count)]
    stations = [random_pose(rng) for _ in range(count // 6 + 2)]
    out = []
    for number in range(count):
        share = 0.5 - 0.5 * np.cos(np.pi * (number % 6) / 6)
        out.append(stations[number // 6].between(stations[number // 6 + 1], share))
    return out
