# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a rig's controls: at rest, set, and all of them as they were after a block."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import bpy
import numpy as np
from mathutils import Euler, Quaternion

from ...animation.fcurves import Curve
from .controls import Candidate


def rest_of(candidate: Candidate) -> float:
    """The value of a control at rest: 0, 1 for a scale, and what is nearest to 0 for a property with limits."""
    if candidate.path.endswith("scale"):
        return 1.0
    return float(np.clip(0.0, candidate.low, candidate.high))


def set_value(candidate: Candidate, value: float) -> None:
    """Set a control, and tag its object for evaluation."""
    owner_path, _, name = candidate.path.rpartition(".")
    if candidate.path.endswith("]"):  # a custom property
        holder_path, _, name = candidate.path.rpartition("[")
        holder = candidate.owner.path_resolve(holder_path.rstrip(".")) if holder_path else candidate.owner
        key = name.strip('"]')
        if candidate.index >= 0:
            holder[key][candidate.index] = value
        else:
            holder[key] = round(value) if isinstance(holder[key], int) else value
        candidate.owner.update_tag()
        return
    holder = candidate.owner.path_resolve(owner_path) if owner_path else candidate.owner
    if candidate.angle:
        turn = Euler([value if axis == candidate.index else 0.0 for axis in range(3)]).to_quaternion()
        _turn(candidate.owner, candidate.path, turn)
    elif candidate.index >= 0:
        getattr(holder, name)[candidate.index] = value
    else:
        setattr(holder, name, value)
    candidate.owner.update_tag()


def set_values(candidates: Sequence[Candidate], values: Iterable[float]) -> None:
    """Set all of these. Axes of one turn in quaternions go together."""
    turns: dict[tuple[bpy.types.Object, str], list[float]] = {}
    for candidate, value in zip(candidates, values, strict=True):
        if candidate.angle:
            turns.setdefault((candidate.owner, candidate.path), [0.0] * 3)[candidate.index] = float(value)
        else:
            set_value(candidate, float(value))
    for (owner, path), angles in turns.items():
        _turn(owner, path, Euler(angles).to_quaternion())


def _turn(owner: bpy.types.Object, path: str, turn: Quaternion) -> None:
    owner_path, _, name = path.rpartition(".")
    holder = owner.path_resolve(owner_path) if owner_path else owner
    if name == "rotation_quaternion":
        holder.rotation_quaternion = turn
    else:
        axis, angle = turn.to_axis_angle()
        holder.rotation_axis_angle = (angle, *axis)
    owner.update_tag()


def set_curves(owner: bpy.types.Object, curves: Iterable[Curve]) -> bool:
    """Set what these curves have at their start; whether there are any."""
    there = False
    for curve in curves:
        holder_path, _, name = curve.path.rpartition(".")
        getattr(owner.path_resolve(holder_path), name)[curve.index] = float(curve.values[0])
        there = True
    owner.update_tag()
    return there


def rest_pose(owners: Iterable[bpy.types.Object]) -> None:
    """All bones of these armatures at rest; custom properties stay."""
    for owner in owners:
        for bone in owner.pose.bones if owner.pose is not None else ():
            bone.location, bone.scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
            bone.rotation_euler, bone.rotation_quaternion = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
            bone.rotation_axis_angle = (0.0, 0.0, 1.0, 0.0)
        owner.update_tag()


def _copied(value):
    """A custom property's value; None for what is no number."""
    if hasattr(value, "to_list"):
        return value.to_list()
    return value if isinstance(value, int | float) else None


@contextmanager
def as_it_was(owners: list[bpy.types.Object]) -> Iterator[None]:
    """Poses and custom properties of these objects are as they were after the block; animation rests meanwhile, so that
    it does not overrule what is set."""
    kept = []
    for owner in owners:
        data = owner.animation_data
        action = (data.action, getattr(data, "action_slot", None), data.use_nla) if data is not None else None
        parts = [owner, *(owner.pose.bones if owner.pose is not None else ())]
        values = [
            (
                part,
                part.location.copy(),
                part.rotation_euler.copy(),
                part.rotation_quaternion.copy(),
                tuple(part.rotation_axis_angle),
                part.scale.copy(),
                {name: _copied(value) for name, value in part.items()},
            )
            for part in parts
        ]
        kept.append((owner, action, values))
        if action is not None and not data.use_tweak_mode:
            data.action, data.use_nla = None, False
    try:
        yield
    finally:
        for owner, action, values in kept:
            for part, location, euler, quaternion, axis_angle, scale, properties in values:
                part.location, part.rotation_euler, part.scale = location, euler, scale
                part.rotation_quaternion, part.rotation_axis_angle = quaternion, axis_angle
                for name, value in properties.items():
                    if value is not None:
                        part[name] = value
            if action is not None and not owner.animation_data.use_tweak_mode:
                owner.animation_data.action = action[0]
                if action[1] is not None:
                    owner.animation_data.action_slot = action[1]
                owner.animation_data.use_nla = action[2]
            owner.update_tag()
        bpy.context.view_layer.update()
