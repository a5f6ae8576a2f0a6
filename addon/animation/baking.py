# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking the visible takes and their corrections down to one action, which can be edited like any other.

It becomes the active action where the animator has none, else a track above Mien's others. Takes and corrections are
muted and kept, so that baking can be reverted.
"""

import json
from collections import defaultdict

import bpy
import numpy as np
from mathutils import Quaternion

from . import fcurves, nla_layers, takes
from .fcurves import Curve
from .nla_layers import Layer, Mark

BAKED = Mark("baked")
BAKED_ROLES = ("idle", "take", "correction")


def bake(speaker: bpy.types.Object) -> int:
    """Bake all lines of the speaker; the number of curves. Raises CurveError, changing nothing, where a datablock is
    locked, linked or in tweak mode."""
    curves_of = {id_: _curves(id_) for id_ in takes.driven(speaker) if nla_layers.animates(id_)}
    for id_ in curves_of:
        nla_layers.refuse_layer(id_, BAKED)
    for id_, curves in curves_of.items():
        facts = json.dumps(_holds(id_))
        span = nla_layers.REST_SPAN
        if curves:
            span = min(curve.frames[0] for curve in curves), max(curve.frames[-1] for curve in curves)
        layer = nla_layers.put(id_, BAKED, curves, f"{speaker.name}, baked {id_.id_type.lower()}", facts, span)
        _mute(id_, True)
        layer.track.mute = False
        if id_.animation_data.action is None:
            _activate(id_, layer)
    speaker.mien.baked = True
    return sum(map(len, curves_of.values()))


def unbake(speaker: bpy.types.Object) -> list[str]:
    """Unmute takes and corrections again. The baked actions are kept with a fake user; their names."""
    names = []
    for id_ in takes.driven(speaker):
        action = baked_action(id_)
        if action is None:
            continue
        nla_layers.refuse_layer(id_, BAKED)
        action.use_fake_user = True
        names.append(action.name)
        data = id_.animation_data
        if data.action == action:
            data.action = None
        else:
            data.nla_tracks.remove(nla_layers.find(id_, BAKED).track)
        del action[nla_layers.ROLE]  # it belongs to the animator from now on
        _mute(id_, False)
    speaker.mien.baked = False
    for line in speaker.mien.lines:
        takes.audition(line, None)
    takes.show_idle(speaker)
    return names


def baked_action(id_: bpy.types.ID) -> bpy.types.Action | None:
    """The action that this datablock was baked to, None without one."""
    data = id_.animation_data
    if data is None:
        return None
    if nla_layers.mark_of(data.action) == BAKED:
        return data.action
    layer = nla_layers.find(id_, BAKED)
    return layer.strip.action if layer is not None else None


def _activate(id_: bpy.types.ID, layer: Layer) -> None:
    """Make the baked action the active one and remove its track."""
    data, action, slot = id_.animation_data, layer.strip.action, layer.slot
    data.nla_tracks.remove(layer.track)
    data.action = action
    if slot is not None:
        data.action_slot = slot
    data.action_blend_type, data.action_extrapolation, data.action_influence = "REPLACE", "HOLD", 1.0


def _mute(id_: bpy.types.ID, mute: bool) -> None:
    for layer in nla_layers.layers(id_):
        if layer.mark.role in BAKED_ROLES:
            layer.track.mute = mute


def _visible_layers(id_: bpy.types.ID) -> list[Layer]:
    return [layer for layer in nla_layers.layers(id_) if layer.mark.role in BAKED_ROLES and not layer.track.mute]


def _curves(id_: bpy.types.ID) -> list[Curve]:
    """The visible layers blended to linear curves: with a key wherever one of theirs has one, and at every frame where
    theirs are not linear."""
    rest_layer = nla_layers.find(id_, nla_layers.REST)
    rest = {(c.data_path, c.array_index): c.evaluate(0) for c in rest_layer.fcurves} if rest_layer else {}
    layers_by_path: dict[str, list[tuple[Layer, dict[int, object]]]] = defaultdict(list)
    for layer in _visible_layers(id_):
        by_path: dict[str, dict[int, object]] = defaultdict(dict)
        for fcurve in (fcurve for fcurve in layer.fcurves if not fcurve.mute):
            by_path[fcurve.data_path][fcurve.array_index] = fcurve
        for path, by_index in by_path.items():
            layers_by_path[path].append((layer, by_index))
    out = []
    for path, parts in layers_by_path.items():
        indices = sorted({index for _, by_index in parts for index in by_index})
        frames = np.unique(np.concatenate([_frames(layer, by_index) for layer, by_index in parts]))
        base = np.array([rest.get((path, index), _default(id_, path, index)) for index in indices], np.float64)
        values = np.tile(base, (len(frames), 1))
        for layer, by_index in parts:
            _blend(values, frames, layer, by_index, indices)
        out += [fcurves.constant_or_all(path, index, frames, values[:, n]) for n, index in enumerate(indices)]
    return out


def _blend(values: np.ndarray, frames: np.ndarray, layer: Layer, by_index: dict, indices: list[int]) -> None:
    """Blend a layer over values (F, I) within its strip, in place, as Blender's NLA does."""
    strip = layer.strip
    inside = np.flatnonzero((frames >= strip.frame_start - 1e-4) & (frames <= strip.frame_end + 1e-4))
    shift = strip.frame_start - strip.action_frame_start
    own = np.array([[_at(by_index.get(index), frames[row] - shift) for index in indices] for row in inside])
    if not len(inside):
        return
    if strip.blend_type == "REPLACE":
        share = _influence(strip, frames[inside])[:, None]
        values[inside] = np.where(np.isnan(own), values[inside], (1 - share) * values[inside] + share * own)
    elif strip.blend_type == "COMBINE" and len(indices) == 4:
        own = np.where(np.isnan(own), np.eye(4)[0], own)
        for row, turn in zip(inside, own, strict=True):
            values[row] = Quaternion(values[row]) @ Quaternion(turn).normalized()
    else:
        values[inside] += np.nan_to_num(own)


def _influence(strip: bpy.types.NlaStrip, frames: np.ndarray) -> np.ndarray:
    """(F,) the share of the strip's values at frames (F,) within it, as it blends in and out."""
    rising = (frames - strip.frame_start) / strip.blend_in if strip.blend_in else np.ones(len(frames))
    falling = (strip.frame_end - frames) / strip.blend_out if strip.blend_out else np.ones(len(frames))
    return np.clip(np.minimum(rising, falling), 0.0, 1.0)


def _at(fcurve, frame: float) -> float:
    return fcurve.evaluate(frame) if fcurve is not None else np.nan


def _frames(layer: Layer, by_index: dict) -> np.ndarray:
    """The scene's frames at which a layer's curves of one path need keys: those of their keys, the strip's ends and a
    frame beyond each, where the rest values are; those in which it blends in or out; and all frames of the strip where
    a curve is not linear."""
    strip = layer.strip
    first, last = strip.frame_start, strip.frame_end
    shift = first - strip.action_frame_start
    keyed = np.concatenate([fcurves.keys_of(fcurve)[0].astype(np.float64) for fcurve in by_index.values()]) + shift
    out = [keyed[(keyed >= first) & (keyed <= last)], [first - 1.0, first, last, last + 1.0]]
    if strip.blend_in or strip.blend_out:
        whole, end = first + strip.blend_in, last - strip.blend_out
        out += [[whole, end], np.arange(np.ceil(first), whole), np.arange(np.ceil(end), last)]
    linear = all(
        point.interpolation == "LINEAR" for fcurve in by_index.values() for point in fcurve.keyframe_points
    ) and not any(len(fcurve.modifiers) for fcurve in by_index.values())
    if not linear or layer.mark.role == "correction":
        out.append(np.arange(np.ceil(first), np.floor(last) + 1))
    return np.concatenate(out)


def _default(id_: bpy.types.ID, path: str, index: int) -> float:
    """A property's default, from which Blender's NLA starts."""
    if path.endswith('"]'):
        holder, name = fcurves.custom_property(id_, path)
        default = holder.id_properties_ui(name).as_dict().get("default", 0.0)
        return default[index] if hasattr(default, "__len__") else default
    owner, _, name = path.rpartition(".")
    definition = (id_.path_resolve(owner) if owner else id_).bl_rna.properties[name]
    return definition.default_array[index] if definition.is_array else definition.default


def _holds(id_: bpy.types.ID) -> dict[str, list[list[float]]]:
    """The intervals of lip contact and of shut lids of all visible takes, in the scene's frames."""
    holds: dict[str, list[list[float]]] = {"mouth_holds": [], "eye_holds": []}
    for layer in _visible_layers(id_):
        facts = json.loads(layer.strip.action.get(nla_layers.FACTS, "{}"))
        shift = layer.strip.frame_start - layer.strip.action_frame_start
        for name, intervals in holds.items():
            intervals += [[first + shift, last + shift] for first, last in facts.get(name, [])]
    return holds
