# SPDX-License-Identifier: GPL-3.0-or-later
"""A learnt mapping from the controls of a rig to the shape keys that they drive, and its inverse. numpy; no bpy.

Each control is sampled alone to both sides of its rest. A side's full response is the keys' values at its end, and its
course says which share of that the control shows on the way. A take's values are solved onto the sides by least squares
within 0 and 1, by coordinate descent; the two sides of one control are never used at once.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

SWEEPS = 80
RIDGE = 1e-4  # of a side's own diagonal element: of two that do the same, both are used a little
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # shares of a side at which it is sampled


@dataclass(frozen=True)
class Side:
    """One side of a control. control: number of it; end: its value there, from rest; response: key -> value at the end;
    course: at STEPS, the share of the response. low: the lowest share, below 0 of a straight control whose other side
    does the opposite."""

    control: int
    end: float
    response: dict[str, float]
    course: tuple[float, ...]
    low: float = 0.0


@dataclass(frozen=True)
class Control:
    """A property that an animator moves. owner: number of its object; path and index of its curve, rest its value.
    angle: it is an angle about the axis `index` of a bone that turns by `path`, and others of its axes go with it."""

    owner: int
    path: str
    index: int
    rest: float
    angle: bool = False


@dataclass(frozen=True)
class ControlMap:
    """weights: key -> how far it moves the mesh at 1. error: the farthest that a key was off when each was asked for
    alone and the rig was asked what it shows; worst: that key."""

    controls: tuple[Control, ...]
    sides: tuple[Side, ...]
    weights: dict[str, float]
    error: float = 0.0
    worst: str = ""

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.weights)

    @property
    def reached(self) -> set[str]:
        """The keys that some control moves."""
        return {key for side in self.sides for key in side.response}


def from_text(text: str) -> ControlMap | None:
    """The mapping as it was stored; None where there is none that can be read."""
    try:
        data = json.loads(text)
        sides = tuple(Side(**{**side, "course": tuple(side["course"])}) for side in data.pop("sides"))
        return ControlMap(tuple(Control(**control) for control in data.pop("controls")), sides, **data)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def solve(mapping: ControlMap, wanted: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """((F, controls) values of the controls, key -> (F,) what the keys then are by the mapping) for wanted key -> (F,).

    Keys that are not wanted should stay at 0.
    """
    frames = len(next(iter(wanted.values()))) if wanted else 0
    names = mapping.keys
    matrix = np.array([[side.response.get(name, 0.0) for side in mapping.sides] for name in names])  # (K, J)
    weights = np.array([mapping.weights[name] for name in names])
    target = np.stack([np.asarray(wanted.get(name, np.zeros(frames)), float) for name in names], 1)  # (F, K)
    shares = _within_bounds(matrix * weights[:, None], target * weights)
    shares = _one_side_each(mapping, matrix * weights[:, None], target * weights, shares)
    values = from_sides(mapping.controls, mapping.sides, shares)
    shown = shares @ matrix.T
    return values, dict(zip(names, shown.T, strict=True))


def from_sides(controls: Sequence[Control], sides: Sequence[Side], shares: np.ndarray) -> np.ndarray:
    """(F, controls) values of the controls for shares (F, sides) of their sides."""
    values = np.tile(np.array([control.rest for control in controls], float), (len(shares), 1))
    for number, side in enumerate(sides):
        values[:, side.control] += side.end * _along(side, shares[:, number])
    return values


def _along(side: Side, share: np.ndarray) -> np.ndarray:
    """How far along the side its response is this share of the full one."""
    if side.low < 0.0:
        return share
    course = np.maximum.accumulate(side.course)
    return np.interp(share, course + 1e-9 * np.arange(len(course)), STEPS)


def _within_bounds(matrix: np.ndarray, target: np.ndarray, top: np.ndarray | None = None) -> np.ndarray:
    """(F, J) in 0..top of least squares |x matrix^T - target|, by coordinate descent."""
    system = matrix.T @ matrix
    system[np.diag_indices_from(system)] = np.maximum((1.0 + RIDGE) * np.diag(system), 1e-12)
    right = target @ matrix
    x = np.zeros_like(right)
    for _ in range(SWEEPS):
        before = x.copy()
        for j in range(x.shape[1]):
            step = (right[:, j] - x @ system[:, j]) / system[j, j]
            x[:, j] = np.clip(x[:, j] + step, 0.0, 1.0 if top is None else top[:, j])
        if np.abs(x - before).max(initial=0.0) < 1e-5:
            break
    return x


def _one_side_each(mapping: ControlMap, matrix: np.ndarray, target: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The solution again, where both sides of a control were used: with the one that was used more."""
    by_control: dict[int, list[int]] = {}
    for number, side in enumerate(mapping.sides):
        by_control.setdefault(side.control, []).append(number)
    top = np.ones_like(shares)
    for both in (numbers for numbers in by_control.values() if len(numbers) == 2):
        first, second = both
        used = np.minimum(shares[:, first], shares[:, second]) > 1e-3
        less = shares[:, first] < shares[:, second]
        top[used & less, first] = 0.0
        top[used & ~less, second] = 0.0
    return shares if top.all() else _within_bounds(matrix, target, top)
