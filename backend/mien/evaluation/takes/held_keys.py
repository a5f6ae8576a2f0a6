# SPDX-License-Identifier: GPL-3.0-or-later
"""Held keys: how exactly a take reproduces them, and how smooth the joints are.

Held are segments, channels and single frames of another take of the same speech, as an animator keys them who prefers
that take there, and a random pose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.channels import ARKIT
from mien.direction import ANGLES, Curve, Direction
from mien.engines.neural.held_keys import enforced
from mien.engines.neural.motion_space import motion_of, visible
from mien.evaluation.takes.clips import Clip
from mien.take import Take

NAMES = (*ARKIT, *ANGLES)
OTHER_SEED = 1000  # added to the seed: the take whose numbers are held
RATES = (24, 25, 30, 60)  # frames a second of the takes
KEYED = 25  # keys a second of a segment
LENGTH = 1.0  # s of a segment
POSE_CHANNELS = 8  # channels of a pose
HEAD = (
    "held", "largest error", "third difference at the joints, mm", "greatest elsewhere, mm", "joints within it",
)  # fmt: skip

Perform = Callable[[Clip, Direction], Take]
"""A take at the engine's own rate."""
Curves = Mapping[str, tuple[Curve, ...]]


@dataclass(frozen=True)
class Row:
    """error: largest difference of a held number from its key, at any of RATES. joint: largest third difference of the
    held numbers together, mm on the face, over frames of which some are held and some are not, mean over the takes.
    elsewhere: the largest of the take without held keys, mean. within: share of takes whose joints have no more than
    that."""

    what: str
    error: float
    joint: float
    elsewhere: float
    within: float


def measure(clips: Sequence[Clip], perform: Perform) -> list[Row]:
    """A row for each of `kinds`."""
    sums: dict[str, np.ndarray] = {}
    for clip in clips:
        free = perform(clip, clip.direction)
        other = perform(clip, clip.direction.with_seed(clip.direction.seed + OTHER_SEED))
        for what, curves in kinds(other, np.random.default_rng(clip.direction.seed)).items():
            held_direction = replace(clip.direction, held=curves)
            take = perform(clip, held_direction)
            error = max(largest_error(enforced(take.resample(rate), held_direction), held_direction) for rate in RATES)
            joint, elsewhere = jumps(
                enforced(take.resample(KEYED), held_direction), free.resample(KEYED), held_direction
            )
            sums.setdefault(what, np.zeros((0, 3)))
            sums[what] = np.concatenate([sums[what], [[error, joint, elsewhere]]])
    rows = []
    for what, values in sums.items():
        joint, elsewhere = values[:, 1:].mean(0).tolist()
        within = float((values[:, 1] <= values[:, 2]).mean())
        rows.append(Row(what, float(values[:, 0].max()), joint, elsewhere, within))
    return rows


def kinds(other: Take, rng: np.random.Generator) -> dict[str, Curves]:
    """Held curves by a description of what they hold, of another take."""
    motion, length = motion_of(other), other.frames / float(other.fps)
    times = np.arange(0, length, 1 / KEYED)
    begin = float(round(0.4 * length))  # whole, for there every rate has a frame
    inside = times[(times >= begin - 1e-6) & (times <= begin + LENGTH + 1e-6)]

    def curve(name: str, at: np.ndarray) -> tuple[Curve, ...]:
        values = np.interp(at, np.arange(len(motion)) / float(other.fps), motion[:, NAMES.index(name)])
        return (Curve(tuple(at.tolist()), tuple(values.tolist())),)

    names = [ARKIT[i] for i in rng.choice(len(ARKIT), POSE_CHANNELS, replace=False)]
    pose = {name: (Curve((begin, begin + LENGTH / 2), (value, value)),)
            for name, value in zip(names, rng.uniform(0, 0.6, POSE_CHANNELS).tolist(), strict=True)}  # fmt: skip
    return {
        f"{LENGTH:g} s of everything": {name: curve(name, inside) for name in NAMES},
        "one frame of everything": {name: curve(name, inside[:1]) for name in NAMES},
        "the brows throughout": {name: curve(name, times) for name in NAMES if name.startswith("brow")},
        f"{POSE_CHANNELS} channels for {LENGTH / 2:g} s at values of nobody's": pose,
    }


def largest_error(take: Take, held_direction: Direction) -> float:
    """Largest difference of a held number from its key; 0 is to the last bit of a take's numbers."""
    motion = motion_of(take)
    return max(
        float(np.abs(motion[at, NAMES.index(name)] - values.astype(np.float32)).max())
        for name, at, values in held_direction.held_at(np.arange(take.frames) / float(take.fps))
    )


def jumps(take: Take, free: Take, held_direction: Direction) -> tuple[float, float]:
    """Largest third difference, mm, of the numbers that are held anywhere, together: (at the joints of `take`, of
    `free`). The first is 0 where there is no joint."""
    held = np.zeros((take.frames, len(NAMES)), bool)
    for name, at, _ in held_direction.held_at(np.arange(take.frames) / float(take.fps)):
        held[at, NAMES.index(name)] = True
    used = held.any(0)
    mixed = np.stack([held[i : len(held) - 3 + i, used] for i in range(4)])
    joints = mixed.any((0, 2)) & ~mixed.all((0, 2))

    def third(of: Take) -> np.ndarray:
        return np.linalg.norm(np.diff((motion_of(of) * visible())[:, used], 3, axis=0), axis=1)

    return float(third(take)[joints].max(initial=0)), float(third(free).max())


def cells(rows: Sequence[Row]) -> list[list[str]]:
    """Under HEAD."""
    return [
        [row.what, f"{row.error:.2g}", f"{row.joint:.2f}", f"{row.elsewhere:.2f}", f"{100 * row.within:.0f} %"]
        for row in rows
    ]
