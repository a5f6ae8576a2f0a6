# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of a rig's controls for a take, by the mapping that was learnt."""

from collections.abc import Iterable
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Euler

from ...animation import head_rotation
from ...animation.fcurves import Curve, constant_or_all
from ...shape_keys import control_fit, vertex_fit
from ...shape_keys.control_fit import ControlMap
from ...shape_keys.recognition import short_list
from ...shape_keys.vertex_fit import Solution, VertexMap
from .learnt import SEPARATOR, mapping_of, owners_of

REACHED = 0.5  # of a key's motion: keys of which the rig shows less are named
OFF = 0.1  # of a key's value: what is farther off is named


@dataclass(frozen=True, eq=False)
class ControlCurves:
    """by_owner: object -> curves; rests: object -> (path, index) -> value without a take; note: a sentence on how near
    the controls come to the take."""

    by_owner: dict[bpy.types.Object, list[Curve]]
    rests: dict[bpy.types.Object, dict[tuple[str, int], float]]
    note: str


def of_take(
    speaker: bpy.types.Object, driven: Iterable[tuple[bpy.types.Object, dict]], frames: np.ndarray
) -> ControlCurves:
    """The curves at frames (F,) for the driven keys' values: pairs of a mesh and key -> (F,). None without a mapping.

    Raises nothing: keys that no control moves stay as they are, and the note says so."""
    mapping, owners = mapping_of(speaker), owners_of(speaker)
    wanted = {f"{mesh.name}{SEPARATOR}{key}": values for mesh, listed in driven for key, values in listed.items()}
    wanted = {name: values for name, values in wanted.items() if mapping is not None and name in mapping.keys}
    if mapping is None or not wanted:
        return ControlCurves({}, {}, "")
    if isinstance(mapping, VertexMap):
        solution = vertex_fit.solve(mapping, wanted)
        values, note = solution.values, _note_of_vertices(mapping, wanted, solution)
    else:
        values, shown = control_fit.solve(mapping, wanted)
        note = _note(mapping, wanted, shown)
    out = ControlCurves({}, {}, note)
    turned: dict[tuple[int, str], np.ndarray] = {}
    for control, column in zip(mapping.controls, values.T, strict=True):
        owner = owners[control.owner]
        if owner is None:
            continue
        if control.angle:
            angles = turned.setdefault((control.owner, control.path), np.zeros((len(frames), 3)))
            angles[:, control.index] = column
            continue
        index = max(control.index, 0)
        _add(out, owner, constant_or_all(control.path, index, frames, column.astype(np.float32)), control.rest)
    for (number, path), angles in turned.items():
        mode = "QUATERNION" if path.endswith("quaternion") else "AXIS_ANGLE"
        _, rows = head_rotation.rotation_values(mode, [Euler(row).to_matrix() for row in angles.tolist()])
        _, still = head_rotation.rotation_values(mode, [Euler().to_matrix()])
        for axis in range(4):
            _add(out, owners[number], constant_or_all(path, axis, frames, rows[:, axis]), float(still[0, axis]))
    return out


def _add(out: ControlCurves, owner: bpy.types.Object, curve: Curve, rest: float) -> None:
    out.by_owner.setdefault(owner, []).append(curve)
    out.rests.setdefault(owner, {})[curve.path, curve.index] = rest


def _note(mapping: ControlMap, wanted: dict[str, np.ndarray], shown: dict[str, np.ndarray]) -> str:
    off = {name: float(np.abs(shown[name] - values).max(initial=0.0)) for name, values in wanted.items()}
    far = [name.partition(SEPARATOR)[2] for name, most in sorted(off.items(), key=lambda pair: -pair[1]) if most > OFF]
    every = np.concatenate([np.abs(shown[name] - values) for name, values in wanted.items()])
    said = f"{len(mapping.controls)} controls move {len(wanted)} shape keys, {every.mean():.3f} off on average"
    return said + (f"; farthest off: {short_list(far)}." if far else ".")


def _note_of_vertices(mapping: VertexMap, wanted: dict[str, np.ndarray], solution: Solution) -> str:
    """How far the vertices are off, and the keys of which the rig shows less than half and that the take needs."""
    share = float(np.sqrt((solution.off**2).sum() / max((solution.motion**2).sum(), 1e-30)))
    low = [
        name.partition(SEPARATOR)[2]
        for name, values in wanted.items()
        if mapping.reached.get(name, 0.0) < REACHED and float(np.abs(values).max(initial=0.0)) > OFF
    ]
    said = f"{len(mapping.controls)} controls move the face, {share:.0%} of its motion off"
    return said + (f"; less than half is shown of {short_list(low)}." if low else ".")
