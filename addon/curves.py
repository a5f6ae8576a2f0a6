# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's F-curves: in an action of their own, never in place of the animator's.

A datablock without other animation gets Mien's action as its active one, ready to be edited. A datablock
with an action or NLA tracks of the animator's keeps them as they are: Mien's action goes on an NLA track of
its own, 'Mien lip-sync', under the active action, so where both animate a value the animator's curve wins.
Generating again removes the curves of Mien's own group and nothing else, wherever they are.
"""

from dataclasses import dataclass

import bpy
import numpy as np

MARK = "mien_take"  # custom property of an action that Mien made
GROUP = "Mien"  # the channel group of Mien's curves in it
TRACK = "Mien lip-sync"
LINEAR = 1  # Keyframe.interpolation as the integer that foreach_set takes


class CurveError(Exception):
    """The datablock cannot take curves now; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One F-curve: keys at frames (N,) with values (N,)."""

    path: str
    index: int
    frames: np.ndarray
    values: np.ndarray


def constant_or_all(path: str, index: int, frames: np.ndarray, values: np.ndarray) -> Curve:
    """A key a frame, or a single key where the value never changes."""
    if len(values) > 1 and np.all(values == values[0]):
        frames, values = frames[:1], values[:1]
    return Curve(path, index, frames, values)


def refuse(id_: bpy.types.ID) -> None:
    """Raises CurveError when `put` could not work on this datablock. Changes nothing."""
    if id_.library is not None:
        raise CurveError(f"'{id_.name}' is linked from another file; make it local first.")
    data = id_.animation_data
    if data is not None and data.use_tweak_mode:
        raise CurveError(f"'{id_.name}' has an NLA strip in tweak mode; leave it with Tab in the NLA editor.")


def put(id_: bpy.types.ID, id_type: str, curves: list[Curve], name: str, facts: str) -> bool:
    """Put the curves on a datablock, in place of those of Mien's last
    take. Returns whether they are on an NLA track.

    id_type is 'KEY' or 'OBJECT'; facts (JSON) is kept on the action. Raises CurveError as `refuse` does.
    """
    refuse(id_)
    data = id_.animation_data_create()
    placed, track, like = _own_strip(data), None, None
    if data.action is not None and MARK in data.action:
        action, like = _unshared(data.action), getattr(data, "action_slot", None)
    elif placed is not None:
        track, strip = placed
        action, like = _unshared(strip.action), getattr(strip, "action_slot", None)
        track.strips.remove(strip)
    else:
        action = bpy.data.actions.new(name)
        if data.action is not None or data.nla_tracks:
            track = data.nla_tracks.new()
            track.name = TRACK
    slot = _slot(action, id_, id_type, like)
    _fill(_bag(action, slot), curves)
    action.name = name
    action[MARK] = facts
    if track is not None:
        _place(track, action, slot)
    else:
        _assign(data, action, slot)
    return track is not None


def own_paths(id_: bpy.types.ID) -> set[str]:
    """The data paths that Mien's last take animates on this datablock."""
    data = id_.animation_data
    if data is None:
        return set()
    placed = _own_strip(data)
    if data.action is not None and MARK in data.action:
        action, slot = data.action, getattr(data, "action_slot", None)
    elif placed is not None:
        action, slot = placed[1].action, getattr(placed[1], "action_slot", None)
    else:
        return set()
    if hasattr(action, "slots") and slot is None:
        return set()
    return {curve.data_path for curve in _bag(action, slot).fcurves if _is_own(curve)}


def is_animated_by_mien(id_: bpy.types.ID) -> bool:
    data = id_.animation_data
    return data is not None and (
        (data.action is not None and MARK in data.action) or _own_strip(data) is not None
    )


def driven_paths(id_: bpy.types.ID) -> set[str]:
    """Data paths with a driver: a driver overrules a curve, so those channels are the animator's."""
    data = id_.animation_data
    return {driver.data_path for driver in data.drivers} if data is not None else set()


def _own_strip(data) -> tuple | None:
    for track in data.nla_tracks:
        if track.name.startswith(TRACK):
            for strip in track.strips:
                if strip.action is not None and MARK in strip.action:
                    return track, strip
    return None


def _unshared(action: bpy.types.Action) -> bpy.types.Action:
    """The action, or a copy of it where something else uses it too and must not change with this speaker."""
    return action.copy() if action.users - action.use_fake_user > 1 else action


def _slot(action, id_, id_type: str, like=None):
    """The slot of the action for this datablock (4.4 and later), None before."""
    if not hasattr(action, "slots"):
        action.id_root = id_type
        return None
    wanted = like.identifier if like is not None else None
    for slot in action.slots:
        if slot.identifier == wanted or (wanted is None and slot.target_id_type == id_type):
            return slot
    return action.slots.new(id_type=id_type, name=id_.name)


def _assign(data, action, slot) -> None:
    if data.action is not action:
        data.action = action
    if slot is not None and data.action_slot != slot:
        data.action_slot = slot


def _bag(action, slot):
    """What holds fcurves and groups: the action itself before 4.4, the slot's channelbag from then on."""
    if slot is None:
        return action
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def _is_own(fcurve) -> bool:
    return fcurve.group is not None and fcurve.group.name == GROUP


def _fill(bag, curves: list[Curve]) -> None:
    for fcurve in [fcurve for fcurve in bag.fcurves if _is_own(fcurve)]:
        bag.fcurves.remove(fcurve)
    group = bag.groups.get(GROUP) or bag.groups.new(GROUP)
    theirs = {(fcurve.data_path, fcurve.array_index) for fcurve in bag.fcurves}
    for curve in curves:
        if (curve.path, curve.index) in theirs:  # the animator keyed this channel by hand in our action
            continue
        fcurve = bag.fcurves.new(curve.path, index=curve.index)
        fcurve.group = group
        count = len(curve.frames)
        fcurve.keyframe_points.add(count)
        points = np.empty((count, 2), np.float32)
        points[:, 0], points[:, 1] = curve.frames, curve.values
        fcurve.keyframe_points.foreach_set("co", points.ravel())
        fcurve.keyframe_points.foreach_set("interpolation", np.full(count, LINEAR, np.int32))
        fcurve.update()


def _place(track, action, slot) -> None:
    first, last = (float(frame) for frame in action.frame_range)
    strip = track.strips.new(action.name, int(first), action)
    if slot is not None:
        strip.action_slot = slot
    strip.extrapolation = "NOTHING"  # outside the take the animator's own values stand
    strip.action_frame_start, strip.action_frame_end = first, last
    strip.frame_start = first
    strip.frame_end = max(last, first + 1)
