# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's F-curves in actions, with slots (4.4 and later) or without, always in a channel group of their own, so that
the animator's keys in the same action stay."""

from dataclasses import dataclass

import bpy
import numpy as np

GROUP = "Mien"  # the channel group of Mien's curves in an action
LINEAR, BEZIER = 1, 2  # Keyframe.interpolation as the integer that foreach_set takes
FREE = 0  # Keyframe.handle_left_type, too


class CurveError(Exception):
    """Curves cannot be put on the datablock now; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One F-curve: keys at frames (N,) with values (N,)."""

    path: str
    index: int
    frames: np.ndarray
    values: np.ndarray


def constant_or_all(path: str, index: int, frames: np.ndarray, values: np.ndarray) -> Curve:
    """A curve with all these keys, or with the first alone where the value never changes."""
    if len(values) > 1 and np.all(values == values[0]):
        frames, values = frames[:1], values[:1]
    return Curve(path, index, frames, values)


def refuse(id_: bpy.types.ID) -> None:
    """Raises CurveError where curves cannot be put on this datablock. Changes nothing."""
    if id_.library is not None:
        raise CurveError(f"'{id_.name}' is linked from another file; make it local or a library override first.")
    data = id_.animation_data
    if data is not None and data.use_tweak_mode:
        raise CurveError(f"'{id_.name}' has an NLA strip in tweak mode; leave it with Tab in the NLA editor.")


def driven_paths(id_: bpy.types.ID) -> set[str]:
    """Data paths with a driver; a driver overrides a curve, so those channels belong to the animator."""
    data = id_.animation_data
    return {driver.data_path for driver in data.drivers} if data is not None else set()


def custom_property(id_: bpy.types.ID, path: str) -> tuple:
    """(holder, name) of a custom property by its data path, like pose.bones["jaw"]["open"]."""
    holder, _, name = path.removesuffix('"]').rpartition('["')
    return (id_.path_resolve(holder) if holder else id_), bpy.utils.unescape_identifier(name)


def id_type(id_: bpy.types.ID) -> str:
    """What an action or a slot is for: KEY, OBJECT and so on."""
    return id_.id_type


def slot_for(action: bpy.types.Action, id_: bpy.types.ID, like=None):
    """The slot of the action for this datablock (4.4 and later), preferably the one named as `like`; None in earlier
    versions."""
    if not hasattr(action, "slots"):
        action.id_root = id_type(id_)
        return None
    wanted = like.identifier if like is not None else None
    for slot in action.slots:
        if slot.identifier == wanted or (wanted is None and slot.target_id_type == id_type(id_)):
            return slot
    return action.slots.new(id_type=id_type(id_), name=id_.name)


def bag_of(action: bpy.types.Action, slot):
    """The owner of fcurves and groups: the slot's channelbag from 4.4 on, the action itself before."""
    if slot is None:
        return action
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def fcurves_of(action: bpy.types.Action, slot) -> list:
    """The F-curves of an action for a slot; all of them before 4.4, which has no slots. Changes nothing."""
    if action is None:
        return []
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    if slot is None:
        return []
    bags = (strip.channelbag(slot) for layer in action.layers for strip in layer.strips)
    return [fcurve for bag in bags if bag is not None for fcurve in bag.fcurves]


def is_own(fcurve) -> bool:
    return fcurve.group is not None and fcurve.group.name == GROUP


def unshared(action: bpy.types.Action) -> bpy.types.Action:
    """The action, or a copy where another user of it must not change with this speaker."""
    return action.copy() if action.users - action.use_fake_user > 1 else action


def fill(bag, curves: list[Curve]) -> None:
    """Replace the curves of Mien's group. A channel that the animator keyed in the same action keeps their keys."""
    for fcurve in [fcurve for fcurve in bag.fcurves if is_own(fcurve)]:
        bag.fcurves.remove(fcurve)
    theirs = {(fcurve.data_path, fcurve.array_index) for fcurve in bag.fcurves}
    for curve in curves:
        if (curve.path, curve.index) not in theirs:
            add(bag, curve)


def add(bag, curve: Curve) -> None:
    """Add the curve as an F-curve of Mien's group, linear between its keys."""
    fcurve = bag.fcurves.new(curve.path, index=curve.index)
    fcurve.group = bag.groups.get(GROUP) or bag.groups.new(GROUP)
    set_keys(fcurve, curve.frames, curve.values)


def set_keys(fcurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Add linear keys at frames (N,) with values (N,) to an F-curve without keys."""
    count = len(frames)
    fcurve.keyframe_points.add(count)
    points = np.empty((count, 2), np.float32)
    points[:, 0], points[:, 1] = frames, values
    fcurve.keyframe_points.foreach_set("co", points.ravel())
    fcurve.keyframe_points.foreach_set("interpolation", np.full(count, LINEAR, np.int32))
    fcurve.update()


def set_bezier_keys(fcurve, points: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """Add Bezier keys to an F-curve without keys: frame and value (N, 2) of the keys and of both handles."""
    count = len(points)
    fcurve.keyframe_points.add(count)
    for name, places in (("co", points), ("handle_left", left), ("handle_right", right)):
        fcurve.keyframe_points.foreach_set(name, np.ascontiguousarray(places, np.float32).ravel())
    for name, kind in (("interpolation", BEZIER), ("handle_left_type", FREE), ("handle_right_type", FREE)):
        fcurve.keyframe_points.foreach_set(name, np.full(count, kind, np.int32))
    fcurve.update()


def keys_of(fcurve) -> tuple[np.ndarray, np.ndarray]:
    """(frames (N,), values (N,)) of an F-curve's keys, float32."""
    points = np.empty(2 * len(fcurve.keyframe_points), np.float32)
    fcurve.keyframe_points.foreach_get("co", points)
    return points[0::2], points[1::2]
