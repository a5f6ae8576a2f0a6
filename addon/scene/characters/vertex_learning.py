# SPDX-License-Identifier: GPL-3.0-or-later
"""Learns how the controls of a face of bones move its vertices, by moving each of them and looking, and how far they
reach what the shape keys of the mesh would do."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace

import bpy
import numpy as np

from ...animation import takes
from ...shape_keys import bones, control_names, driving, gaze, vertex_fit
from ...shape_keys.control_fit import Control, Side
from ...shape_keys.key_table import terms
from ...shape_keys.recognition import short_list
from ...shape_keys.vertex_fit import VertexMap
from . import face_rig
from .control_values import as_it_was, rest_of, rest_pose, set_curves, set_value, set_values
from .controls import Candidate
from .learnt import SEPARATOR, LearningError, Learnt, Progress, Steps
from .vertex_samples import Look, Wanted, bones_alone, farthest, sample, wanted_of, weighted

WAIT_S = 0.03  # for the thread, before Blender goes on
LOOK_DOWN, FOLLOWS = 0.35, 0.15  # radians; of the keys' own motion: lids that go so far follow the eyes
REACHED = 0.5  # of a key's motion: keys of which less is reached are named


def can_learn(speaker: bpy.types.Object) -> str:
    """Why the controls of a face of bones cannot be learnt, without a full stop; '' where they can."""
    if not face_rig.is_face_of_bones(speaker):
        return "None of the shape keys has a driver, and no bones move the face"
    if not driving.table_of(speaker).rows:
        return "Bind the mesh first, under Driving: its shape keys say what the bones should do"
    return ""


def steps(speaker: bpy.types.Object) -> Steps:
    """Move each control and look what it does. Raises LearningError."""
    refusal = can_learn(speaker)
    if refusal:
        raise LearningError(f"{refusal}.")
    meshes = takes.meshes(speaker)
    rig = face_rig.find(speaker, meshes)
    wanted = wanted_of(speaker, meshes)
    controls: list[Control] = []
    sides: list[Side] = []
    responses: list[np.ndarray] = []
    used: list[Candidate] = []
    names: list[str] = []
    products = np.zeros((0, 0))
    with as_it_was(list(rig.owners)), bones_alone(meshes):
        rest_pose(rig.owners)
        for candidate in rig.candidates:
            set_value(candidate, rest_of(candidate))
        look = Look(wanted)
        zero = look()
        if _lids_follow(speaker, meshes, wanted, look, zero):
            wanted = wanted.without(gaze.LOOK)
        for number, candidate in enumerate(rig.candidates):
            found = sample(candidate, look, zero, wanted, len(controls))
            for side, response in found:
                sides.append(side)
                responses.append(weighted(response, wanted))
                products = _with_row(products, responses)
                names.append(rig.names[number])
            if found:
                owner, rest = rig.owners.index(candidate.owner), rest_of(candidate)
                controls.append(Control(owner, candidate.path, candidate.index, rest, candidate.angle))
                used.append(candidate)
            yield Progress(0.9 * (number + 1) / len(rig.candidates), f"moving {rig.names[number]}")
        if not controls:
            raise LearningError(
                f"None of the {len(rig.candidates)} controls of '{speaker.name}' moves a part of its face. "
                "Choose the mesh that the bones move."
            )
        mapping = yield from _fit(wanted, controls, sides, responses, products, names, rig.system)
        at = {(control.owner, control.path, control.index): place for place, control in enumerate(controls)}
        used = [used[at[control.owner, control.path, control.index]] for control in mapping.controls]
        reached, off = {}, {}
        alone = dict(zip(wanted.names, np.eye(len(wanted.names)), strict=True))
        for number, values in enumerate(vertex_fit.solve(mapping, alone).values):
            set_values(used, values)
            reached[wanted.names[number]], off[wanted.names[number]] = _compared(wanted.offsets[number], look() - zero)
            yield Progress(0.95 + 0.05 * (number + 1) / len(wanted.names), f"checking {wanted.sources[number]}")
        set_values(used, [control.rest for control in mapping.controls])
    mapping = replace(mapping, reached=reached, off=off)
    return Learnt(mapping, rig.owners, sentence(mapping, rig.owners))


def sentence(mapping: VertexMap, owners: Sequence[bpy.types.Object]) -> str:
    """What the rig reaches of the keys."""
    moved = {control.owner for control in mapping.controls}
    names = ", ".join(f"'{owner.name}'" for number, owner in enumerate(owners) if number in moved)
    kind = f" ({mapping.system})" if mapping.system else ""
    reached = np.array(list(mapping.reached.values()))
    said = f"{len(mapping.controls)} controls of {names}{kind} reach {np.mean(reached):.0%} of the keys' motion"
    low = [
        f"{name.partition(SEPARATOR)[2]} {max(share, 0.0):.0%}"
        for name, share in sorted(mapping.reached.items(), key=lambda pair: pair[1])
        if share < REACHED
    ]
    return f"{said}; less than half of {short_list(low)}." if low else f"{said}, more than half of each."


def _fit(
    wanted: Wanted,
    controls: list[Control],
    sides: list[Side],
    responses: list[np.ndarray],
    products: np.ndarray,
    names: list[str],
    system: str,
) -> Generator[Progress, None, VertexMap]:
    """The mapping, worked out on a thread: it takes seconds, and touches nothing of Blender."""

    def work() -> VertexMap:
        targets = np.array([weighted(delta, wanted) for delta in wanted.offsets])
        cross = np.array([targets @ response for response in responses]).T
        by_name = vertex_fit.SidesByName(
            np.array([[_is_for(name, source) for name in names] for source in wanted.sources], bool),
            np.array([[_may_help(name, source) for name in names] for source in wanted.sources], bool),
        )
        all_products = products, cross, targets @ targets.T
        return vertex_fit.fit(controls, sides, wanted.names, all_products, by_name, wanted.moving, system)

    pool = ThreadPoolExecutor(1)
    try:
        future = pool.submit(work)
        while True:
            try:
                return future.result(timeout=WAIT_S)
            except FutureTimeout:
                yield Progress(0.92, "solving the keys")
    finally:
        pool.shutdown(wait=False)


def _lids_follow(speaker, meshes, wanted: Wanted, look: Look, zero: np.ndarray) -> bool:
    """Whether the rig itself moves the lids with the eyes, so that no control need do it."""
    chosen, mapping = gaze.bones_of(speaker, meshes), speaker.mien_driving
    looking = [number for number, source in enumerate(wanted.sources) if source.startswith(f"{gaze.LOOK}Down")]
    if mapping.armature is None or not chosen.eye_left or not chosen.eye_right or not looking:
        return False
    posed = set_curves(mapping.armature, bones.gaze_curves(mapping.armature, chosen, LOOK_DOWN))
    down, wished = look() - zero, wanted.offsets[looking].sum(0)
    set_curves(mapping.armature, bones.gaze_curves(mapping.armature, chosen, 0.0))
    return posed and float((down * wished).sum()) > FOLLOWS * float((wished**2).sum())


def _is_for(name: str, source: str) -> bool:
    known = control_names.find(name)
    return known is not None and any(known.is_for(channel) for channel, share in terms(source) if share > 0.0)


def _may_help(name: str, source: str) -> bool:
    """Whether a control is in the region of a key, or of the lids, which keep their place while others move: brows do
    not help a blink. True for names that nobody knows."""
    known = control_names.find(name)
    regions = {control_names.region(channel) for channel, _ in terms(source)} | {"eyes"}
    return known is None or bool(regions & known.regions)


def _with_row(products: np.ndarray, responses: list[np.ndarray]) -> np.ndarray:
    """Products (J, J) of responses with those of the last one. One row at a time: Blender's numpy is slow at it."""
    row = np.array([float(response @ responses[-1]) for response in responses])
    out = np.empty((len(row), len(row)))
    out[:-1, :-1], out[-1], out[:, -1] = products, row, row
    return out


def _compared(offsets: np.ndarray, shown: np.ndarray) -> tuple[float, float]:
    """(share of the motion that is shown, rms difference over the vertices that the key moves)."""
    moved = np.linalg.norm(offsets, axis=1) > face_rig.MOVED * farthest(offsets)
    power = float((offsets**2).sum())
    if power <= 0.0:
        return 1.0, 0.0
    off = ((shown - offsets) ** 2).sum(1)
    return 1.0 - float(off.sum()) / power, float(np.sqrt(off[moved].mean())) if moved.any() else 0.0
