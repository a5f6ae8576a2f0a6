# SPDX-License-Identifier: GPL-3.0-or-later
"""What an animator holds: how exactly it comes out, and how smoothly the rest joins it.

Held are stretches, channels and poses of another take of the same words, as somebody keys them who liked that one
better there, and a pose that no take has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.channels import ARKIT
from mien.direction import ANGLES, Curve, Direction
from mien.engines.neural.held_keys import enforced
from mien.engines.neural.motion_space import motion_of, visible
from mien.evaluation.takes.clips import Stretch
from mien.take import Take

NAMES = (*ARKIT, *ANGLES)
OTHER = 1000  # added to the seed: the take that is held
RATES = (24, 25, 30, 60)  # frames a second at which takes are asked for
KEYED = 25  # keys a second of a stretch
LENGTH = 1.0  # s of a stretch
POSED = 8  # channels of a pose
HEAD = (
    "held", "largest error", "third difference at the joints, mm", "greatest elsewhere, mm", "joints within it",
)  # fmt: skip

Perform = Callable[[Stretch, Direction], Take]
"""A take at the engine's own rate."""
Curves = Mapping[str, tuple[Curve, ...]]


@dataclass(frozen=True)
class Row:
    """error: the largest difference of a held number from what was asked, at any of RATES; joint: the greatest third
    difference of the held numbers, together, over frames of which some are held and some are not, mm on the face,
    mean over the takes; elsewhere: the greatest of the take that nothing is held in, mean; within: the share of takes
    whose joints have no more than that."""

    what: str
    error: float
    joint: float
    elsewhere: float
    within: float


def measure(found: Sequence[Stretch], perform: Perform) -> list[Row]:
    """A row for each kind of thing that is held."""
    sums: dict[str, np.ndarray] = {}
    for stretch in found:
        free = perform(stretch, stretch.direction)
        other = perform(stretch, stretch.direction.with_seed(stretch.direction.seed + OTHER))
        for what, curves in kinds(other, np.random.default_rng(stretch.direction.seed)).items():
            asked = replace(stretch.direction, held=curves)
            take = perform(stretch, asked)
            error = max(reproduced(enforced(take.resample(rate), asked), asked) for rate in RATES)
            joint, elsewhere = jumps(enforced(take.resample(KEYED), asked), free.resample(KEYED), asked)
            sums.setdefault(what, np.zeros((0, 3)))
            sums[what] = np.concatenate([sums[what], [[error, joint, elsewhere]]])
    return [
        Row(what, float(each[:, 0].max()), *each[:, 1:].mean(0).tolist(), float((each[:, 1] <= each[:, 2]).mean()))
        for what, each in sums.items()
    ]


def kinds(other: Take, rng: np.random.Generator) -> dict[str, Curves]:
    """What is held, by what it is, from another take."""
    motion, length = motion_of(other), other.frames / float(other.fps)
    times = np.arange(0, length, 1 / KEYED)
    begin = float(round(0.4 * length))  # whole, for there every rate has a frame
    inside = times[(times >= begin - 1e-6) & (times <= begin + LENGTH + 1e-6)]

    def curve(name: str, at: np.ndarray) -> tuple[Curve, ...]:
        values = np.interp(at, np.arange(len(motion)) / float(other.fps), motion[:, NAMES.index(name)])
        return (Curve(tuple(at.tolist()), tuple(values.tolist())),)

    some = [ARKIT[i] for i in rng.choice(len(ARKIT), POSED, replace=False)]
    pose = {name: (Curve((begin, begin + LENGTH / 2), (value, value)),)
            for name, value in zip(some, rng.uniform(0, 0.6, POSED).tolist(), strict=True)}  # fmt: skip
    return {
        f"{LENGTH:g} s of everything": {name: curve(name, inside) for name in NAMES},
        "one frame of everything": {name: curve(name, inside[:1]) for name in NAMES},
        "the brows throughout": {name: curve(name, times) for name in NAMES if name.startswith("brow")},
        f"{POSED} channels for {LENGTH / 2:g} s at values of nobody's": pose,
    }


def reproduced(take: Take, asked: Direction) -> float:
    """The largest difference of what is held from what was asked; 0 is to the last bit of a take's numbers."""
    motion = motion_of(take)
    return max(
        float(np.abs(motion[at, NAMES.index(name)] - values.astype(np.float32)).max())
        for name, at, values in asked.held_at(np.arange(take.frames) / float(take.fps))
    )


def jumps(take: Take, free: Take, asked: Direction) -> tuple[float, float]:
    """(at the joints, the greatest of `free`): third differences of the numbers that are held somewhere, mm together;
    the first is 0 where nothing is joined, for all of it is held."""
    held = np.zeros((take.frames, len(NAMES)), bool)
    for name, at, _ in asked.held_at(np.arange(take.frames) / float(take.fps)):
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
