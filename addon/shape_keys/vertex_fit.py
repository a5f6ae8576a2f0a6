# SPDX-License-Identifier: GPL-3.0-or-later
"""A learnt mapping from the controls of a rig to the vertices of a face, and its inverse. numpy; no bpy.

Each side of a control moves the vertices by its response; each shape key would move them by its offsets. A take's keys
are solved onto the sides by least squares over the vertices within 0 and 1, from the sum of the solutions for each key
alone, to which a ridge pulls; those start from the controls whose names say that they are for the key. Responses and
offsets are stored in the coordinates of their common principal axes, so that the mesh is not needed any more.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from .control_fit import Control, Side, from_sides

KIND = "vertices"
RIDGE = 3e-3  # of a side's own diagonal element
SWEEPS, FEW_SWEEPS = 60, 12  # of coordinate descent: from nothing, and from the sum of the keys' own solutions
STILL = 1e-3  # of a share: a sweep that changes less is the last
ENERGY = 1e-7  # of the largest eigenvalue: axes below are left out
LEAST_SHARE = 0.01  # of a side, in the solution of each key: sides that are used less are not needed


@dataclass(frozen=True, eq=False)
class VertexMap:
    """sides: their response is empty. keys: names. responses (J, R) and offsets (K, R) of sides and keys along R axes;
    beyond (K, K): products of what of the offsets no side can reach; guess (K, J): shares for each key
    alone; vertices: how many the keys move, over which a motion's mean is. reached: key -> share of its motion
    that the rig showed, off: key -> rms difference in the mesh's units."""

    controls: tuple[Control, ...]
    sides: tuple[Side, ...]
    keys: tuple[str, ...]
    responses: np.ndarray
    offsets: np.ndarray
    beyond: np.ndarray
    guess: np.ndarray
    vertices: float
    system: str = ""
    reached: dict[str, float] = field(default_factory=dict)
    off: dict[str, float] = field(default_factory=dict)

    def to_text(self) -> str:
        arrays = {name: _packed(getattr(self, name)) for name in ("responses", "offsets", "beyond", "guess")}
        plain = {name: getattr(self, name) for name in ("keys", "vertices", "system", "reached", "off")}
        parts = {"controls": [asdict(each) for each in self.controls], "sides": [asdict(each) for each in self.sides]}
        return json.dumps({"kind": KIND, **parts, **plain, **arrays})


@dataclass(frozen=True, eq=False)
class Solution:
    """values (F, controls); off, motion (F,): rms in the mesh's units over the vertices, of what is missing and of what
    was wanted."""

    values: np.ndarray
    off: np.ndarray
    motion: np.ndarray


def is_text_of_vertices(text: str) -> bool:
    """Whether a stored mapping is one onto vertices."""
    return text.startswith(f'{{"kind": "{KIND}"')


def from_text(text: str) -> VertexMap | None:
    """The mapping as it was stored; None where there is none that can be read."""
    try:
        data = json.loads(text)
        if data.pop("kind") != KIND:
            return None
        controls = tuple(Control(**control) for control in data.pop("controls"))
        sides = tuple(Side(**{**side, "course": tuple(side["course"])}) for side in data.pop("sides"))
        arrays = {name: _unpacked(data.pop(name)) for name in ("responses", "offsets", "beyond", "guess")}
        return VertexMap(controls, sides, tuple(data.pop("keys")), **arrays, **data)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def fit(
    controls: Sequence[Control],
    sides: Sequence[Side],
    keys: Sequence[str],
    products: tuple[np.ndarray, np.ndarray, np.ndarray],
    meant: np.ndarray,
    vertices: float,
    system: str,
) -> VertexMap:
    """The mapping of J sides and K keys. products: (J, J) of responses, (K, J) of offsets with responses, (K, K) of
    offsets. meant (K, J): whether a side's name says that it is for the key. Sides that no key needs are left out."""
    mapping = _fit(controls, sides, keys, products, np.zeros_like(meant), vertices, system)
    used = np.abs(_shares(mapping, np.eye(len(keys)))).max(0) >= LEAST_SHARE
    if not used.any():
        return mapping
    own, cross, wanted = products
    kept = [number for number, is_used in enumerate(used) if is_used]
    numbers = sorted({sides[number].control for number in kept})
    renumbered = [replace(sides[number], control=numbers.index(sides[number].control)) for number in kept]
    products = own[np.ix_(kept, kept)], cross[:, kept], wanted
    return _fit([controls[number] for number in numbers], renumbered, keys, products, meant[:, kept], vertices, system)


def _fit(controls, sides, keys, products, meant, vertices: float, system: str) -> VertexMap:
    own, cross, wanted = (np.asarray(part, float) for part in products)
    values, axes = np.linalg.eigh(own)
    kept = values > ENERGY * values[-1]
    roots, axes = np.sqrt(values[kept]), axes[:, kept]
    responses = axes * roots
    offsets = cross @ axes / roots
    named, low = np.zeros_like(cross), np.array([side.low for side in sides])
    for number in range(len(keys)):
        own_sides = np.flatnonzero(meant[number])
        if len(own_sides):
            none = np.zeros((1, len(own_sides)))
            named[number, own_sides] = _bounded(
                responses[own_sides], offsets[number][None], none, none, low[own_sides], SWEEPS
            )[0]
    guess = _bounded(responses, offsets, named, np.clip(named, low, 1.0), low, SWEEPS)
    beyond = wanted - offsets @ offsets.T
    return VertexMap(tuple(controls), tuple(sides), tuple(keys), responses, offsets, beyond, guess, vertices, system)


def solve(mapping: VertexMap, wanted: dict[str, np.ndarray]) -> Solution:
    """The controls for wanted key -> (F,). Keys that are not wanted should stay at 0."""
    frames = len(next(iter(wanted.values()))) if wanted else 0
    weights = np.stack([np.asarray(wanted.get(name, np.zeros(frames)), float) for name in mapping.keys], 1)
    shares = _shares(mapping, weights)
    missing = ((weights @ mapping.offsets - shares @ mapping.responses) ** 2).sum(1)
    missing += np.maximum(((weights @ mapping.beyond) * weights).sum(1), 0.0)
    motion = ((weights @ mapping.offsets) ** 2).sum(1) + np.maximum(((weights @ mapping.beyond) * weights).sum(1), 0.0)
    values = from_sides(mapping.controls, mapping.sides, shares)
    return Solution(values, np.sqrt(missing / mapping.vertices), np.sqrt(motion / mapping.vertices))


def _shares(mapping: VertexMap, weights: np.ndarray) -> np.ndarray:
    """(F, J) of the sides for keys (F, K); of two sides of a control the one that is used more."""
    target, guess = weights @ mapping.offsets, weights @ mapping.guess
    low, top = np.array([side.low for side in mapping.sides]), np.ones(guess.shape)
    both: dict[int, list[int]] = {}
    for number, side in enumerate(mapping.sides):
        both.setdefault(side.control, []).append(number)
    for first, second in (pair for pair in both.values() if len(pair) == 2):
        ends = mapping.sides[first].end, mapping.sides[second].end
        net = guess[:, first] * ends[0] + guess[:, second] * ends[1]
        other = net * ends[0] < 0.0
        top[other, first], top[~other, second] = 0.0, 0.0
        guess[:, first], guess[:, second] = np.where(other, 0, net / ends[0]), np.where(other, net / ends[1], 0)
    return _bounded(mapping.responses, target, guess, guess, low, FEW_SWEEPS, top)


def _bounded(
    responses: np.ndarray,
    target: np.ndarray,
    guess: np.ndarray,
    start: np.ndarray,
    low: np.ndarray,
    sweeps: int,
    top: np.ndarray | None = None,
) -> np.ndarray:
    """(F, J) in low (J,) to top (F, J) of least |x responses - target|^2 + ridge |x - guess|^2, by coordinate descent
    from start (F, J)."""
    system = responses @ responses.T
    ridge = np.maximum(RIDGE * np.diag(system), 1e-18)
    system[np.diag_indices_from(system)] += ridge
    right = np.ascontiguousarray((target @ responses.T + guess * ridge).T)  # (J, F): rows lie together in memory
    highest = np.ones_like(right) if top is None else np.ascontiguousarray(top.T)
    x = np.clip(np.ascontiguousarray(start.T), low[:, None], highest)
    for _ in range(sweeps):
        largest = 0.0
        for j, row in enumerate(system):
            new = np.minimum(np.maximum(x[j] + (right[j] - row @ x) / row[j], low[j]), highest[j])
            largest = max(largest, float(np.abs(new - x[j]).max(initial=0.0)))
            x[j] = new
        if largest < STILL:
            break
    return x.T


def _packed(array: np.ndarray) -> dict:
    return {"shape": array.shape, "data": base64.b64encode(array.astype("<f4").tobytes()).decode()}


def _unpacked(stored: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(stored["data"]), "<f4").reshape(stored["shape"]).astype(float)
