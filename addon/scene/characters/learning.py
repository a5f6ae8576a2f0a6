# SPDX-License-Identifier: GPL-3.0-or-later
"""Learns how the controls of a rig drive a character's shape keys, by moving each of them and looking."""

from dataclasses import replace

import bpy
import numpy as np

from ...animation import takes
from ...shape_keys import control_fit, driving, keys, mouth_choice
from ...shape_keys.control_fit import STEPS, Control, ControlMap, Side
from ...shape_keys.recognition import short_list
from . import vertex_learning
from .control_values import as_it_was, rest_of, set_value, set_values
from .controls import Candidate, candidates, drivers_of, follows_free_keys, name_of
from .learnt import SEPARATOR, LearningError, Learnt, Progress, Steps, finish

FULL = 1.0  # a key's value at which a control has gone far enough
LEAST = 0.02  # a response smaller than this is none
DOUBLINGS = 11  # of the first step, before a control is given up


def driven_keys(speaker: bpy.types.Object) -> dict[bpy.types.Object, list[str]]:
    """mesh -> the keys that takes drive and that have drivers, but for those that follow other keys."""
    out = {}
    for mesh in takes.meshes(speaker):
        if mesh.data.shape_keys is None:
            continue
        paths = {curve.data_path for curve in drivers_of(mesh.data.shape_keys) if not follows_free_keys(curve)}
        rows = driving.table_of(mesh, mesh != speaker, speaker).rows
        found = [row.key for row in rows if keys.value_path(row.key) in paths]
        if found:
            out[mesh] = found
    return out


def learn(speaker: bpy.types.Object) -> Learnt:
    """Move each control and look what it does. The scene is as it was afterwards. Raises LearningError."""
    return finish(steps(speaker))


def refusal(speaker: bpy.types.Object) -> str:
    """Why there is nothing to learn, without a full stop; '' where there is."""
    return "" if driven_keys(speaker) else vertex_learning.can_learn(speaker)


def steps(speaker: bpy.types.Object) -> Steps:
    """As `learn`, with progress, and to be stopped: where keys have drivers the controls behind these, else those that
    move the vertices."""
    if not driven_keys(speaker):
        return (yield from vertex_learning.steps(speaker))
    return (yield from _steps_of_keys(speaker))


def _steps_of_keys(speaker: bpy.types.Object) -> Steps:
    wanted = driven_keys(speaker)
    found = candidates(list(wanted), wanted)
    owners = list(dict.fromkeys(candidate.owner for candidate in found))
    names = [f"{mesh.name}{SEPARATOR}{key}" for mesh, listed in wanted.items() for key in listed]
    _try_again(list(wanted), owners)
    with as_it_was(owners):
        look = _Look(wanted)
        for candidate in found:
            set_value(candidate, rest_of(candidate))
        zero = look()
        controls: list[Control] = []
        sides: list[Side] = []
        used: list[Candidate] = []
        for done, candidate in enumerate(found):
            own = [side for sign in (1, -1) if (side := _sample(candidate, sign, look, zero, names, len(controls)))]
            if own:
                owner = owners.index(candidate.owner)
                rest = rest_of(candidate)
                controls.append(Control(owner, candidate.path, candidate.index, rest, candidate.angle))
                sides += own
                used.append(candidate)
            yield Progress(0.9 * (done + 1) / len(found), f"moving {name_of(candidate)}")
        if not controls:
            raise LearningError(
                f"None of the {len(found)} properties and bones behind the drivers of '{speaker.name}' moves a key: "
                "the rig may drive them from another file."
            )
        mapping = ControlMap(tuple(controls), tuple(sides), _weights(wanted))
        yield Progress(0.9, "checking the keys")
        error, worst = _check(mapping, used, look, zero)
    mapping = replace(mapping, error=error, worst=worst)
    return Learnt(mapping, tuple(owners), _sentence(mapping, owners))


def _sentence(mapping: ControlMap, owners: list[bpy.types.Object]) -> str:
    names = ", ".join(f"'{owner.name}'" for owner in owners)
    lost = [key for key in mapping.keys if key not in mapping.reached]
    said = (
        f"{len(mapping.controls)} controls of {names} drive {len(mapping.reached)} of {len(mapping.keys)} shape keys, "
        f"each to {mapping.error:.3f} of its value"
    )
    said += f" ({mapping.worst.partition(SEPARATOR)[2]} is farthest off)." if mapping.error > 0.01 else "."
    return said + (f" No control was found for {short_list([_key(name) for name in lost])}." if lost else "")


def _key(name: str) -> str:
    return name.partition(SEPARATOR)[2]


def _try_again(meshes: list[bpy.types.Object], owners: list[bpy.types.Object]) -> None:
    """Evaluate drivers anew: Blender gives one up for good where it met its property before that was there."""
    for owner in owners:
        owner.update_tag()
    bpy.context.view_layer.update()
    for id_ in (*(mesh.data.shape_keys for mesh in meshes), *owners):
        for curve in drivers_of(id_):
            if not curve.driver.is_valid:
                curve.driver.expression = curve.driver.expression


class _Look:
    """Called, it returns (K,) the values that the keys show."""

    def __init__(self, wanted: dict[bpy.types.Object, list[str]]) -> None:
        self._wanted = wanted

    def __call__(self) -> np.ndarray:
        for mesh in self._wanted:
            mesh.data.shape_keys.id_data.update_tag()
        bpy.context.view_layer.update()
        graph = bpy.context.evaluated_depsgraph_get()
        out = []
        for mesh, names in self._wanted.items():
            blocks = mesh.evaluated_get(graph).data.shape_keys.key_blocks
            out += [blocks[name].value for name in names]
        return np.array(out, float)


def _weights(wanted: dict[bpy.types.Object, list[str]]) -> dict[str, float]:
    """How far each key moves its mesh: what moves more counts more."""
    out = {}
    for mesh, names in wanted.items():
        size = max(float(np.ptp(keys.rest(mesh.data), axis=0).max(initial=0.0)), 1e-9)
        for name in names:
            out[f"{mesh.name}{SEPARATOR}{name}"] = max(mouth_choice.opens(mesh, name) / size, 1e-3)
    return out


def _sample(
    candidate: Candidate, sign: int, look: _Look, zero: np.ndarray, names: list[str], number: int
) -> Side | None:
    """One side of a control, None where it moves no key."""
    rest = rest_of(candidate)
    room = (candidate.high - rest) if sign > 0 else (rest - candidate.low)
    if room <= 1e-9:
        return None
    end = sign * (min(room, _end(candidate, sign, room, look, zero)) if candidate.probe else room)
    rows = []
    for share in STEPS[1:]:
        set_value(candidate, rest + share * end)
        rows.append(look() - zero)
    set_value(candidate, rest)
    full = rows[-1]
    response = {name: float(value) for name, value in zip(names, full, strict=True) if abs(value) > LEAST}
    if not response:
        return None
    course = [0.0, *(float(np.clip(row @ full / (full @ full), 0.0, 1.0)) for row in rows)]
    return Side(number, float(end), response, tuple(course))


def _end(candidate: Candidate, sign: int, room: float, look: _Look, zero: np.ndarray) -> float:
    """How far a control goes until a key is full: where no limit says so, it is searched for."""
    rest, step, before = rest_of(candidate), candidate.probe, (0.0, 0.0)
    for _ in range(DOUBLINGS):
        at = min(step, room)
        set_value(candidate, rest + sign * at)
        top = float(np.abs(look() - zero).max(initial=0.0))
        if top >= FULL - 1e-4:
            first, low = before
            return _full(candidate, sign, first, low, at, look, zero) if top > low else at
        if at >= room or (top > LEAST and top <= before[1] + 1e-4):  # its end, or it goes no farther
            return at if top > before[1] + 1e-4 else before[0]
        before, step = (at, top), step * 2.0
    return before[0] or step


def _full(
    candidate: Candidate, sign: int, low: float, value: float, high: float, look: _Look, zero: np.ndarray
) -> float:
    """Where a key becomes full, between `low`, where it has this value, and `high`: straight on, as most drivers go,
    else by halves."""
    rest = rest_of(candidate)
    straight = low * FULL / value if value > LEAST else 0.0
    if low < straight <= high:
        set_value(candidate, rest + sign * 0.998 * straight)
        if 0.99 * FULL < np.abs(look() - zero).max(initial=0.0) < FULL - 1e-4:
            return straight
    for _ in range(12):
        middle = (low + high) / 2
        set_value(candidate, rest + sign * middle)
        if np.abs(look() - zero).max(initial=0.0) >= FULL - 1e-4:
            high = middle
        else:
            low = middle
    return high


def _check(mapping: ControlMap, used: list[Candidate], look: _Look, zero: np.ndarray) -> tuple[float, str]:
    """(the farthest that a key is off when it alone is asked for at a half, its name), by what the rig shows."""
    error, worst = 0.0, ""
    for number, name in enumerate(mapping.keys):
        if name not in mapping.reached:
            continue
        values, _ = control_fit.solve(mapping, {name: np.array([0.5])})
        set_values(used, values[0])
        off = abs(float(look()[number] - zero[number]) - 0.5)
        if off > error:
            error, worst = off, name
    set_values(used, [control.rest for control in mapping.controls])
    return error, worst
