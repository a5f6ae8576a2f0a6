# SPDX-License-Identifier: GPL-3.0-or-later
"""How a face moves when one control of its rig does, on vertices spread over its meshes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import bpy
import numpy as np

from ...shape_keys import driving, keys
from ...shape_keys.control_fit import STEPS, Side
from . import contacts, face_rig
from .control_values import rest_of, set_value
from .controls import FREE_TURN, Candidate
from .learnt import SEPARATOR, LearningError

FAR, FAR_TURNED = 2.0, 1.3  # of the farthest that a key moves what a control moves: how far one without limits goes
MOST_TURNED = 0.6  # radians, of such a turn: what goes farther is no straight motion any more
LEAST = 0.01  # of the farthest that a key moves anything: a control that moves less moves nothing
WHOLE = 0.2  # of a response, in vertices that no key moves: more, and it moves the head as a whole
STRAIGHT = 0.1  # of a response, by which half the way may be off half of it
MOST_VERTICES = 4000  # of a face, that are looked at
WIDENINGS = 5  # of the first step by 8, before a control is given up
NOTHING = 1e-3  # of the farthest: a first step that moves less is widened
STOPPED = 0.8  # of the way that the first step promises: a control that goes less far has met an end
DEFORM = ("ARMATURE", "HOOK", "LATTICE", "MESH_DEFORM", "SURFACE_DEFORM", "LAPLACIANDEFORM", "CORRECTIVE_SMOOTH",
          "SMOOTH", "SHRINKWRAP", "CURVE", "SIMPLE_DEFORM", "CAST", "WARP", "DISPLACE", "LAPLACIANSMOOTH")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Wanted:
    """What keys would do. meshes: with the numbers of their vertices that are looked at; rows (N, 3) of them all, of
    which `still` (N,) no key moves; names: mesh/key; sources: of each key, as the table has it; offsets (K, N, 3) at 1;
    pairs: rows that should come together (`contacts`)."""

    meshes: tuple[tuple[bpy.types.Object, np.ndarray], ...]
    still: np.ndarray
    names: tuple[str, ...]
    sources: tuple[str, ...]
    offsets: np.ndarray
    pairs: np.ndarray

    def without(self, prefix: str) -> "Wanted":
        """What is wanted but for the keys whose source starts so."""
        kept = [number for number, source in enumerate(self.sources) if not source.startswith(prefix)]
        names, sources = (tuple(part[number] for number in kept) for part in (self.names, self.sources))
        return replace(self, names=names, sources=sources, offsets=self.offsets[kept])

    @property
    def moving(self) -> float:
        """Vertices that keys move: the mean square of a motion is over these."""
        return float((~self.still).sum())

    @cached_property
    def reach(self) -> np.ndarray:
        """(N,) the farthest that a key moves each vertex."""
        return np.sqrt((self.offsets**2).sum(2).max(0, initial=0.0))

    @property
    def far(self) -> float:
        """The farthest that a key moves a vertex."""
        return float(self.reach.max(initial=0.0))


def weighted(motion: np.ndarray, wanted: Wanted) -> np.ndarray:
    """Motion (N, 3) as a row of the least squares, (3 N + 3 P,): of what comes together the difference counts more."""
    first, second = wanted.pairs.T
    return np.concatenate([motion.ravel(), contacts.WEIGHT * (motion[first] - motion[second]).ravel()]).astype(
        np.float32
    )


def wanted_of(speaker: bpy.types.Object, meshes: list[bpy.types.Object]) -> Wanted:
    """What the keys of a speaker's meshes would do, on vertices spread over each of them."""
    chosen, names, sources, deltas, still = [], [], [], [], []
    random = np.random.default_rng(0)
    for mesh in meshes:
        table = driving.table_of(mesh, mesh != speaker, speaker)
        rows = [row for row in table.rows if row.key in keys.names(mesh.data)]
        if not rows or face_rig.armature_of(mesh) is None:
            continue
        moved = face_rig.moving(mesh, [row.key for row in rows])
        inside, outside = np.flatnonzero(moved), np.flatnonzero(~moved)
        numbers = np.sort(
            np.concatenate([_some(inside, MOST_VERTICES, random), _some(outside, MOST_VERTICES // 8, random)])
        )
        chosen.append((mesh, numbers))
        still.append(~moved[numbers])
        names += [f"{mesh.name}{SEPARATOR}{row.key}" for row in rows]
        sources += [row.source for row in rows]
        deltas.append([face_rig.offsets(mesh, row.key)[numbers] for row in rows])
    total = sum(len(numbers) for _, numbers in chosen)
    offsets, at, key = np.zeros((len(names), total, 3), np.float32), 0, 0
    for own in deltas:
        own = np.array(own)
        offsets[key : key + len(own), at : at + own.shape[1]] = own
        at, key = at + own.shape[1], key + len(own)
    face, numbers = chosen[0]
    pairs = contacts.find(keys.rest(face.data)[numbers], dict(zip(sources, offsets[:, : len(numbers)], strict=False)))
    return Wanted(tuple(chosen), np.concatenate(still), tuple(names), tuple(sources), offsets, pairs)


def _some(numbers: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    return numbers if len(numbers) <= most else random.choice(numbers, most, replace=False)


@contextmanager
def bones_alone(meshes: list[bpy.types.Object]) -> Iterator[None]:
    """Shape keys and modifiers that add vertices rest during the block."""
    hidden = [
        modifier
        for mesh in meshes
        for modifier in mesh.modifiers
        if modifier.show_viewport and modifier.type not in DEFORM
    ]
    blocks = [
        block
        for mesh in meshes
        if mesh.data.shape_keys is not None
        for block in mesh.data.shape_keys.key_blocks
        if not block.mute
    ]
    shown = [mesh for mesh in meshes if mesh.show_only_shape_key]
    for modifier in hidden:
        modifier.show_viewport = False
    for block in blocks:
        block.mute = True
    for mesh in shown:
        mesh.show_only_shape_key = False
    try:
        yield
    finally:
        for modifier in hidden:
            modifier.show_viewport = True
        for block in blocks:
            block.mute = False
        for mesh in shown:
            mesh.show_only_shape_key = True
        bpy.context.view_layer.update()


class Look:
    """Called, it returns (N, 3) the places of the vertices that are looked at, each mesh in its own axes."""

    def __init__(self, wanted: Wanted) -> None:
        self._meshes = wanted.meshes

    def __call__(self) -> np.ndarray:
        bpy.context.view_layer.update()
        graph = bpy.context.evaluated_depsgraph_get()
        out = []
        for mesh, numbers in self._meshes:
            vertices = mesh.evaluated_get(graph).data.vertices
            if len(vertices) != len(mesh.data.vertices):
                raise LearningError(
                    f"A modifier changes how many vertices '{mesh.name}' has; switch it off, then learn."
                )
            points = np.empty(len(vertices) * 3, np.float32)
            vertices.foreach_get("co", points)
            out.append(points.reshape(-1, 3)[numbers])
        return np.concatenate(out)


Sampled = tuple[Side, np.ndarray]  # a side of a control, and its response (N, 3)


def sample(candidate: Candidate, look: Look, zero: np.ndarray, wanted: Wanted, number: int) -> list[Sampled]:
    """The sides of a control that move a part of the face; one for both where they do the opposite of each other."""
    rest = rest_of(candidate)
    room = candidate.high - rest, rest - candidate.low
    turns = "rotation" in candidate.path.rpartition(".")[2] and candidate.high - candidate.low >= 2 * FREE_TURN
    room = tuple(min(each, MOST_TURNED) for each in room) if turns else room
    far = FAR_TURNED if turns else FAR

    def at(value: float) -> np.ndarray:
        set_value(candidate, rest + value)
        return look() - zero

    try:
        first = _side(room[0], 1, candidate.probe, far, at, wanted, number)
        if first is not None and room[1] > 1e-9 and first[0].course == STEPS:
            share = min(1.0, room[1] / first[0].end)
            half = STEPS[2] * share
            if np.abs(at(-half * first[0].end) + half * first[1]).max() < STRAIGHT * half * np.abs(first[1]).max():
                return [(replace(first[0], low=-share), first[1])]
        return [
            side for side in (first, _side(room[1], -1, candidate.probe, far, at, wanted, number)) if side is not None
        ]
    finally:
        set_value(candidate, rest)


def _side(
    room: float, sign: int, probe: float, far: float, at: Callable[[float], np.ndarray], wanted: Wanted, number: int
) -> Sampled | None:
    if room <= 1e-9:
        return None
    end, full = _end(room, sign, probe, far, at, wanted)
    if full is None or farthest(full) < LEAST * wanted.far or _is_whole(full, wanted.still):
        return None
    half, course = at(sign * STEPS[2] * end), STEPS
    if np.abs(half - full / 2).max() <= STRAIGHT * np.abs(full).max() / 2:
        full = 2 * half  # takes are in the middle more than at the end
    else:
        rows = (at(sign * STEPS[1] * end), half, at(sign * STEPS[3] * end))
        power = float((full**2).sum())
        course = (0.0, *(float(np.clip((row * full).sum() / power, 0.0, 1.0)) for row in rows), 1.0)
    return Side(number, float(sign * end), {}, course), full


def _end(
    room: float, sign: int, probe: float, far: float, at: Callable[[float], np.ndarray], wanted: Wanted
) -> tuple[float, np.ndarray | None]:
    """(how far a control goes, the motion there): to its limit, or until it moves vertices as far as the keys do, or no
    farther. None where it moves nothing."""
    if not probe:
        return room, at(sign * room)
    step = min(probe, room)
    for _ in range(WIDENINGS):
        motion = at(sign * step)
        moved = farthest(motion)
        if moved > NOTHING * wanted.far or step >= room:
            break
        step = min(step * 8.0, room)
    if moved <= NOTHING * wanted.far:
        return 0.0, None
    moves = np.sqrt((motion**2).sum(1))
    end = min(step * far * float(wanted.reach[moves > moved / 2].max()) / moved, room)
    full = at(sign * end)
    most = farthest(full)
    if most >= STOPPED * moved * end / step:
        return end, full
    low, high = min(step, end), end  # it goes no farther from somewhere on
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (low, middle) if farthest(at(sign * middle)) >= 0.99 * most else (middle, high)
    return high, at(sign * high)


def farthest(motion: np.ndarray) -> float:
    """The farthest that a vertex goes."""
    return float(np.sqrt((motion**2).sum(1).max(initial=0.0)))


def _is_whole(motion: np.ndarray, still: np.ndarray) -> bool:
    """Whether vertices that no key moves go with it as far as the others."""
    if not still.any():
        return False
    return float((motion[still] ** 2).mean()) > WHOLE * float((motion[~still] ** 2).mean())
