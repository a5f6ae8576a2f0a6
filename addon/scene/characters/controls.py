# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the controls behind the drivers of a character's shape keys: what of a rig an animator moves.

A driver's variables name a property or a bone. What drives that property in turn, and what the bone follows by its
constraints, is looked at too, so that the controls are found behind the bones of a mechanism.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import bpy

DEEP = 4  # drivers behind drivers, bones behind bones
AXES = "XYZ"
FREE_TURN = math.pi / 2  # radians to each side, where no constraint limits a rotation


@dataclass(frozen=True)
class Candidate:
    """A property of an object that may be a control. path and index as an F-curve has them, -1 for no index; low and
    high: how far it may go; probe: the first step of a search for its end, 0 where low and high are the ends."""

    owner: bpy.types.Object
    path: str
    index: int
    low: float
    high: float
    probe: float = 0.0
    angle: bool = False  # of a bone or object in quaternions: index is the axis


def name_of(candidate: Candidate) -> str:
    """Its bone or its property, else its object."""
    parts = candidate.path.split('"')
    return parts[1] if len(parts) > 1 else candidate.owner.name


def candidates(meshes: list[bpy.types.Object], keys_of: dict[bpy.types.Object, list[str]]) -> list[Candidate]:
    """The candidates behind the drivers of these keys, each once."""
    found: dict[tuple, Candidate] = {}
    for mesh in meshes:
        shape_keys = mesh.data.shape_keys
        wanted = {f'key_blocks["{bpy.utils.escape_identifier(name)}"].value' for name in keys_of[mesh]}
        for curve in drivers_of(shape_keys):
            if curve.data_path in wanted:
                for candidate in _of_driver(curve.driver, 0):
                    found.setdefault((candidate.owner, candidate.path, candidate.index), candidate)
    return list(found.values())


def drivers_of(id_: bpy.types.ID) -> list[bpy.types.FCurve]:
    """The drivers on a datablock."""
    return list(id_.animation_data.drivers) if id_.animation_data is not None else []


def follows_free_keys(curve: bpy.types.FCurve) -> bool:
    """Whether a driver reads shape keys alone, none of which has a driver: takes move it through these."""
    targets = [target for variable in curve.driver.variables for target in variable.targets]
    return bool(targets) and all(
        isinstance(target.id, bpy.types.Key)
        and not any(other.data_path == target.data_path for other in drivers_of(target.id))
        for target in targets
    )


def driver_candidates(driver: bpy.types.Driver) -> Iterator[Candidate]:
    """The candidates behind a driver."""
    return _of_driver(driver, 0)


def _of_driver(driver: bpy.types.Driver, depth: int) -> Iterator[Candidate]:
    for variable in driver.variables if depth < DEEP else ():
        for target in variable.targets:
            if isinstance(target.id, bpy.types.Key):  # teeth that follow a key of the face
                for curve in drivers_of(target.id):
                    if curve.data_path == target.data_path:
                        yield from _of_driver(curve.driver, depth + 1)
                continue
            if not isinstance(target.id, bpy.types.Object) or target.id.library is not None:
                continue
            if variable.type == "SINGLE_PROP":
                yield from _of_property(target.id, target.data_path, depth)
            elif variable.type in ("TRANSFORMS", "LOC_DIFF", "ROTATION_DIFF"):
                kind = target.transform_type if variable.type == "TRANSFORMS" else variable.type
                yield from _of_transform(target.id, target.bone_target, kind, depth)


def _of_property(owner: bpy.types.Object, data_path: str, depth: int) -> Iterator[Candidate]:
    behind = [
        curve
        for curve in drivers_of(owner)
        if curve.data_path == data_path or f"{curve.data_path}[{curve.array_index}]" == data_path
    ]
    if behind:
        for curve in behind:
            yield from _of_driver(curve.driver, depth + 1)
        return
    match = re.fullmatch(r"(.*\.(location|rotation_euler|scale))(?:\[(\d)\]|\.([xyz]))", f".{data_path}")
    if match:
        bone = re.match(r'\.pose\.bones\["(.+)"\]\.', match[1])
        axis = int(match[3]) if match[3] else "xyz".index(match[4])
        kind = {"location": "LOC", "rotation_euler": "ROT", "scale": "SCALE"}[match[2]]
        yield from _of_transform(owner, bone[1] if bone else "", f"{kind}_{AXES[axis]}", depth)
        return
    path, index = data_path, -1
    in_array = re.fullmatch(r"(.*)\[(\d+)\]", data_path)
    if in_array:
        path, index = in_array[1], int(in_array[2])
    value = _resolved(owner, data_path)
    if isinstance(value, int | float):
        low, high = _limits_of_property(owner, data_path)
        yield Candidate(owner, path, index, low, high)


def _resolved(owner: bpy.types.Object, path: str):
    try:
        return owner.path_resolve(path)
    except ValueError:
        return None


def _limits_of_property(owner: bpy.types.Object, path: str) -> tuple[float, float]:
    """The soft limits of a custom property, else -1 to 1."""
    match = re.fullmatch(r'(.*?)\.?\["([^"]+)"\]', path)
    if match is None:
        return -1.0, 1.0
    holder = owner.path_resolve(match[1]) if match[1] else owner
    limits = holder.id_properties_ui(match[2]).as_dict()
    low, high = (
        float(limits.get(f"soft_{end}", limits.get(end, default))) for end, default in (("min", -1), ("max", 1))
    )
    return (max(low, -1e3), min(high, 1e3)) if high - low < 1e4 else (-1.0, 1.0)


def _of_transform(owner: bpy.types.Object, bone: str, kind: str, depth: int) -> Iterator[Candidate]:
    """The transforms of an object or of its bone, and of what it follows."""
    moved = owner.pose.bones.get(bone) if owner.pose is not None and bone else owner
    if moved is None or depth >= DEEP:
        return
    followed = [constraint for constraint in moved.constraints if getattr(constraint, "target", None) is not None]
    for constraint in followed:
        target, subtarget = constraint.target, getattr(constraint, "subtarget", "")
        if target.library is None and (target, subtarget) != (owner, bone):
            for part in ("LOC_DIFF", "ROTATION_DIFF"):
                yield from _of_transform(target, subtarget, part, depth + 1)
    yield from transform(owner, bone, kind)


def transform(owner: bpy.types.Object, bone: str, kind: str) -> Iterator[Candidate]:
    """A transform of an object or of its bone, along each axis that is not locked. kind: LOC, ROT or SCALE, perhaps
    with _X, _Y or _Z, or LOC_DIFF, ROTATION_DIFF."""
    moved = owner.pose.bones[bone] if bone else owner
    prefix = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].' if moved is not owner else ""
    part, axes = kind[:3], range(3)
    if kind[-2:] in ("_X", "_Y", "_Z"):
        axes = (AXES.index(kind[-1]),)
    if kind in ("LOC_DIFF",) or part == "LOC":
        step = (moved.bone.length if moved is not owner else max(owner.dimensions, default=0.0) or 1.0) * 0.01
        for axis in axes:
            if not moved.lock_location[axis]:
                low, high = _limits(moved, "LIMIT_LOCATION", axis, (-math.inf, math.inf))
                yield Candidate(owner, f"{prefix}location", axis, low, high, step)
    elif kind.startswith("ROT"):
        for axis in axes:
            if moved.lock_rotation[axis]:
                continue
            low, high = _limits(moved, "LIMIT_ROTATION", axis, (-FREE_TURN, FREE_TURN))
            euler = moved.rotation_mode not in ("QUATERNION", "AXIS_ANGLE")
            named = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
            path = prefix + named.get(moved.rotation_mode, "rotation_euler")
            yield Candidate(owner, path, axis, low, high, math.radians(1.0), angle=not euler)
    elif kind.startswith("SCALE"):
        for axis in axes:
            if not moved.lock_scale[axis]:
                yield Candidate(owner, f"{prefix}scale", axis, 0.0, 3.0)


def _limits(moved, kind: str, axis: int, free: tuple[float, float]) -> tuple[float, float]:
    low, high = free
    name = AXES[axis].lower()
    for constraint in moved.constraints:
        if constraint.type != kind or constraint.mute:
            continue
        if kind == "LIMIT_ROTATION":
            if getattr(constraint, f"use_limit_{name}"):
                low, high = max(low, getattr(constraint, f"min_{name}")), min(high, getattr(constraint, f"max_{name}"))
            continue
        if getattr(constraint, f"use_min_{name}"):
            low = max(low, getattr(constraint, f"min_{name}"))
        if getattr(constraint, f"use_max_{name}"):
            high = min(high, getattr(constraint, f"max_{name}"))
    return low, high
