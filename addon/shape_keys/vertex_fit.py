# SPDX-License-Identifier: GPL-3.0-or-later
"""A learnt mapping from the controls of a rig to the vertices of a face, and its inverse. numpy; no bpy.

Each side of a control moves the vertices by its response; each shape key would move them by its offsets. Each key is
solved onto the sides by least squares over the vertices within 0 and 1: first onto the controls whose names say that
they are for it, then onto all that may help, with a ridge to the first. A frame of a take is the sum of its keys'
solutions; where a control would go beyond its end, others make up for it. Responses and offsets are stored in the
coordinates of their common principal axes, so that the mesh is not needed any more.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from .control_fit import Control, Side, from_sides

KIND = "vertices"
RIDGE = 3e-3  # of a side's own diagonal element, where nothing is known
RIDGE_OF_NAMES = 0.1  # to the solution by the controls that are for a key: others help where they help a lot
RIDGE_OF_KEYS = 0.3  # to the sum of the keys' own solutions
SWEEPS, FEW_SWEEPS = 60, 12  # of coordinate descent: for each key, and for a frame
STILL = 1e-3  # of a share: a sweep that changes less is the last
ENERGY = 1e-7  # of the largest eigenvalue: axes below are left out
LEAST_SHARE = 0.01  # of a side, in the solution of each key: sides that are used less are not needed


@dataclass(frozen=True, eq=False)
class VertexMap:
    """sides: their response is empty. keys: names. responses (J, R) and offsets (K, R) of sides and keys along R axes;
    beyond (K, K): products of what of the offsets no side can reach; shares (K, J): of the sides for each key
    alone; vertices: how many the keys move, over which a motion's mean is. reached: key -> share of its motion
    that the rig showed, off: key -> rms difference in the mesh's units."""

    controls: tuple[Control, ...]
    sides: tuple[Side, ...]
    keys: tuple[str, ...]
    responses: np.ndarray
    offsets: np.ndarray
    beyond: np.ndarray
    shares: np.ndarray
    vertices: float
    system: str = ""
    reached: dict[str, float] = field(default_factory=dict)
    off: dict[str, float] = field(default_factory=dict)

    def to_text(self) -> str:
        arrays = {name: _packed(getattr(self, name)) for name in ("responses", "offsets", "beyond", "shares")}
        plain = {name: getattr(self, name) for name in ("keys", "vertices", "system", "reached", "off")}
        parts = {"controls": [asdict(each) for each in self.controls], "sides": [asdict(each) for each in self.sides]}
        return json.dumps({"kind": KIND, **parts, **plain, **arrays})


@dataclass(frozen=True, eq=False)
class SidesByName:
    """(K, J) bool each. meant: the name of a side's control says that it is for the key; allowed: it may help."""

    meant: np.ndarray
    allowed: np.ndarray


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
        arrays = {name: _unpacked(data.pop(name)) for name in ("responses", "offsets", "beyond", "shares")}
        return VertexMap(controls, sides, tuple(data.pop("keys")), **arrays, **data)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def fit(
    controls: Sequence[Control],
    sides: Sequence[Side],
    keys: Sequence[str],
    products: tuple[np.ndarray, np.ndarray, np.ndarray],
    names: SidesByName,
    vertices: float,
    system: str,
) -> VertexMap:
    """The mapping of J sides and K keys. products: (J, J) of responses, (K, J) of offsets with responses, (K, K) of
    offsets. Sides that no key needs are left out."""
    mapping = _fit(controls, sides, keys, products, names, vertices, system)
    kept = np.flatnonzero(np.abs(mapping.shares).max(0) >= LEAST_SHARE)
    if not len(kept):
        return mapping
    own, cross, wanted = products
    numbers = sorted({sides[number].control for number in kept})
    renumbered = [replace(sides[number], control=numbers.index(sides[number].control)) for number in kept]
    products = own[np.ix_(kept, kept)], cross[:, kept], wanted
    names = SidesByName(names.meant[:, kept], names.allowed[:, kept])
    return _fit([controls[number] for number in numbers], renumbered, keys, products, names, vertices, system)


def _fit(controls, sides, keys, products, names: SidesByName, vertices: float, system: str) -> VertexMap:
    own, cross, wanted = (np.asarray(part, float) for part in products)
    values, axes = np.linalg.eigh(own)
    kept = values > ENERGY * values[-1]
    roots, axes = np.sqrt(values[kept]), axes[:, kept]
    responses, offsets = axes * roots, cross @ axes / roots
    low = np.array([side.low for side in sides])
    shares = np.zeros_like(cross)
    for number in range(len(keys)):
        chosen = np.flatnonzero(names.meant[number])
        if len(chosen):
            none = np.zeros((1, len(chosen)))
            shares[number, chosen] = _bounded(responses[chosen], offsets[number][None], none, low[chosen], RIDGE)[0]
    patterns = np.concatenate([names.allowed, names.meant.any(1)[:, None]], 1)
    for pattern in np.unique(patterns, axis=0):
        rows, chosen = np.flatnonzero((patterns == pattern).all(1)), np.flatnonzero(pattern[:-1])
        ridge = RIDGE_OF_NAMES if pattern[-1] else RIDGE
        first = shares[np.ix_(rows, chosen)]
        shares[np.ix_(rows, chosen)] = _bounded(responses[chosen], offsets[rows], first, low[chosen], ridge)
    beyond = wanted - offsets @ offsets.T
    return VertexMap(tuple(controls), tuple(sides), tuple(keys), responses, offsets, beyond, shares, vertices, system)


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
    """(F, J) of the sides for keys (F, K): the sum of the keys' own; where a side would leave its bounds, what others
    add to come near to the motion of that sum."""
    shares = weights @ mapping.shares
    low, top = np.array([side.low for side in mapping.sides]), np.ones(shares.shape)
    both: dict[int, list[int]] = {}
    for number, side in enumerate(mapping.sides):
        both.setdefault(side.control, []).append(number)
    for first, second in (pair for pair in both.values() if len(pair) == 2):  # one side, by which way they go together
        ends = mapping.sides[first].end, mapping.sides[second].end
        net = shares[:, first] * ends[0] + shares[:, second] * ends[1]
        other = net * ends[0] < 0.0
        top[other, first], top[~other, second] = 0.0, 0.0
        shares[:, first], shares[:, second] = np.where(other, 0, net / ends[0]), np.where(other, net / ends[1], 0)
    beyond = np.flatnonzero(((shares < low - 1e-9) | (shares > top + 1e-9)).any(1))
    if len(beyond):
        first = shares[beyond]
        target = first @ mapping.responses
        shares[beyond] = _bounded(mapping.responses, target, first, low, RIDGE_OF_KEYS, FEW_SWEEPS, top[beyond])
    return shares


def _bounded(
    responses: np.ndarray,
    target: np.ndarray,
    first: np.ndarray,
    low: np.ndarray,
    ridge: float,
    sweeps: int = SWEEPS,
    top: np.ndarray | None = None,
) -> np.ndarray:
    """(F, J) in low (J,) to top (F, J) of least |x responses - target|^2 + ridge |x - first|^2, by coordinate descent
    from first (F, J); the ridge is a share of each side's own diagonal element."""
    system = responses @ responses.T
    pull = np.maximum(ridge * np.diag(system), 1e-18)
    system[np.diag_indices_from(system)] += pull
    right = np.ascontiguousarray((target @ responses.T + first * pull).T)  # (J, F): rows lie together in memory
    highest = np.ones_like(right) if top is None else np.ascontiguousarray(top.T)
    x = np.clip(np.ascontiguousarray(first.T), low[:, None], highest)
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
