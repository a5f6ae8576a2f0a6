# SPDX-License-Identifier: GPL-3.0-or-later
"""A take on a speaker: everything is checked first, then shape
keys, curves or a cache, and the head's rotation."""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import bpy
import numpy as np

from .. import package
from ..animation import fcurves, head_rotation, nla_layers, point_cache, takes
from ..animation.fcurves import Curve, constant_or_all
from ..animation.nla_layers import Mark
from ..formats.channels import ARKIT
from ..formats.take import Take
from ..shape_keys import bones, driving, keys
from ..shape_keys.recognition import some
from . import linked, vertex_takes

SETTLE_S = 0.2  # after its last frame a take fades to zero this long, so that nothing of it stays on the face
VALUE_LIMIT = 10.0  # Blender's hard limit of a shape key's slider


class ApplyError(Exception):
    """The take cannot go on this speaker; nothing was changed. The message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What applying will do; made without changing anything of the scene."""

    kind: str  # 'channels', 'basis' or 'offsets'
    targets: tuple[tuple[bpy.types.Object, driving.Targets], ...] = ()  # of 'channels': each mesh that moves
    notes: tuple[str, ...] = ()
    cache: tuple[Path, int] | None = None  # of 'offsets': the file, written already, and how many samples it has


@dataclass(frozen=True)
class Placed:
    """What was done: the scene's last frame of the take, and sentences."""

    last_frame: int
    notes: tuple[str, ...]


def plan(speaker: bpy.types.Object, take: Take, mark: Mark) -> Plan:
    """Decide how the take goes on the speaker as the layer of this mark, and write its point cache if it is one.
    Raises ApplyError, and changes nothing of the scene either way."""
    mesh = speaker.data
    if speaker.type != "MESH":
        raise ApplyError(f"'{speaker.name}' is not a mesh; choose the mesh of the face.")
    for thing in takes.meshes(speaker):
        _refuse_mesh(thing, mark)
    if speaker.mien.head_object is not None:
        _refuse_layer(speaker.mien.head_object, mark)
    if speaker.mien_driving.bones().chosen:
        _refuse_bones(speaker, mark)
    if take.vertices == len(mesh.vertices):
        kind, said = vertex_takes.way(take, speaker.mien_driving.vertices)
        if kind == "basis" and linked.is_foreign(speaker):
            kind, said = "offsets", "The mesh is a library override, which keeps no new shape keys: a point cache."
        if take.basis is not None and len(take.basis) and float(np.abs(take.coefficients).max()) > 1e6:
            raise ApplyError("The take's coefficients are beyond a million; generate it again.")
        cache = _write_cache(speaker, take) if kind == "offsets" else None
        return Plan(kind, notes=(said,) if said else (), cache=cache)
    if take.weights is None:
        raise ApplyError(
            f"The take moves {take.vertices} vertices and '{speaker.name}' has {len(mesh.vertices)}: "
            "choose the mesh it was made for (Add Default Head makes Mien's own), or an engine that drives "
            "named shape keys."
        )
    return _channel_plan(speaker, take)


def _channel_plan(speaker: bpy.types.Object, take: Take) -> Plan:
    """Raises ApplyError when nothing of the take would show on the face. Parts that show nothing are left out."""
    if not set(take.channels) & set(ARKIT):
        raise ApplyError(
            f"The take's channels ({some(take.channels)}) are none of ARKit's 52; generate it again with another "
            "engine."
        )
    top = float(np.abs(take.weights).max(initial=0.0))
    if top > VALUE_LIMIT:
        raise ApplyError(f"The take has a weight of {top:g}; a shape key takes at most {VALUE_LIMIT:g}.")
    found = []
    for thing in takes.meshes(speaker):
        targets = driving.targets(thing, take, part=thing != speaker)
        if targets.refusal and thing == speaker and not speaker.mien_driving.bones().chosen:
            raise ApplyError(targets.refusal)
        if targets.values:
            found.append((thing, targets))
    notes = [note for _, targets in found for note in targets.notes]
    notes += [note for thing, targets in found if (note := linked.clipped(thing, targets.values))]
    lacking = driving.lacking(take, [targets for _, targets in found])
    return Plan("channels", tuple(found), tuple([lacking, *notes] if lacking else notes))


def _refuse_mesh(thing: bpy.types.Object, mark: Mark) -> None:
    if linked.refusal(thing):
        raise ApplyError(f"{linked.refusal(thing)}.")
    shape_keys = thing.data.shape_keys
    if shape_keys is not None:
        if not shape_keys.use_relative:
            raise ApplyError(f"The shape keys of '{thing.name}' are absolute; turn Relative on for them first.")
        if not linked.is_closed(thing):
            _refuse_layer(shape_keys, mark)


def _refuse_bones(speaker: bpy.types.Object, mark: Mark) -> None:
    try:
        bones.check(speaker.mien_driving.armature, speaker.mien_driving.bones())
    except bones.BoneError as error:
        raise ApplyError(str(error)) from None
    _refuse_layer(speaker.mien_driving.armature, mark)


def _refuse_layer(id_: bpy.types.ID, mark: Mark) -> None:
    try:
        nla_layers.refuse_layer(id_, mark)
    except fcurves.CurveError as error:
        raise ApplyError(str(error)) from None


def apply_take(
    scene: bpy.types.Scene,
    speaker: bpy.types.Object,
    take: Take,
    made: Plan,
    start_frame: float,
    mark: Mark,
    name: str,
    scene_fps: Fraction,
) -> Placed:
    """Put the take on the speaker, second 0 of its sound at start_frame, as layers of this mark and name in
    place of those that had the mark. The caller makes the undo step."""
    frames = take.scene_frames(scene_fps, start_frame)
    tail = max(1, round(SETTLE_S * scene_fps))
    span = (float(frames[0]), float(frames[-1]) + tail)
    facts = _facts(take, start_frame, scene_fps)
    notes = list(made.notes)
    moved: dict[bpy.types.ID, list[Curve]] = {}
    if made.kind == "offsets":
        linked.make_editable(speaker)
        point_cache.put(speaker, mark, *made.cache, start=float(frames[0]), scale=float(take.fps / scene_fps))
    else:
        point_cache.remove(speaker, mark)
    if made.kind == "basis":
        moved[speaker.data.shape_keys] = _basis_curves(speaker, take, frames, tail)
    for thing, targets in made.targets:
        linked.open_mesh(thing)
        moved[thing.data.shape_keys] = _key_curves(thing, targets.values, frames, tail)
    rests = {id_: {(curve.path, 0): 0.0 for curve in put} for id_, put in moved.items()}
    own = speaker.mien_driving.bones()
    if own.chosen:
        closes = any("mouthClose" not in targets.missing for _, targets in made.targets)
        turned = bones.curves(speaker.mien_driving.armature, own, take, frames, tail, closes)
        moved[speaker.mien_driving.armature] = turned
        rests[speaker.mien_driving.armature] = {(each.path, each.index): float(each.values[-1]) for each in turned}
    target = speaker.mien.head_object
    if target is not None:
        head_rotation.remember_rest(target)
        still, ends = _ended(frames, take.head_rotation, tail)
        rest = head_rotation.curves(target, frames[:1], np.zeros((1, 3)))
        moved.setdefault(target, []).extend(head_rotation.curves(target, still, ends))
        rests.setdefault(target, {}).update({(each.path, each.index): float(each.values[0]) for each in rest})
    elif np.abs(take.head_rotation).max(initial=0.0) > 0.0 and not (own.head or own.neck):
        notes.append("The head's rotation was left out: choose an object for it under Life > Head Rotation.")
    for id_ in takes.driven(speaker):
        if id_ not in moved and nla_layers.find(id_, mark) is not None:
            nla_layers.drop(id_, mark)  # the take before moved this, and this one does not
    for id_, put in moved.items():
        _put(id_, mark, put, f"{name} head" if id_ == target else name, facts, span, rests[id_])
    if speaker.data.shape_keys is not None and not linked.is_foreign(speaker):
        keys.drop_bases(speaker, nla_layers.paths(speaker.data.shape_keys))
    if take.fps != scene_fps:
        notes.append(f"The take runs at {take.fps} frames a second and the scene at {scene_fps}: its keys lie between.")
    return Placed(int(np.ceil(frames[-1])), tuple(notes))


def _put(id_, mark: Mark, put: list[Curve], name: str, facts: str, span, rest: dict) -> None:
    nla_layers.rest(id_, rest)
    nla_layers.put(id_, mark, put, name, facts, span, above=nla_layers.below_of(id_, mark, span[0]))


def _facts(take: Take, start_frame: float, fps: Fraction) -> str:
    """JSON kept on the actions: what the backend said of the take, where it was put, and the frames at which
    lips and lids are shut, which thinning must leave alone."""

    def held(holds: np.ndarray | None) -> list[list[float]]:
        return [] if holds is None else (float(start_frame) + holds.astype(float) * float(fps)).round(4).tolist()

    return json.dumps(
        {
            "meta": take.meta,
            "start_frame": start_frame,
            "fps": str(fps),
            "mouth_holds": held(take.mouth_holds),
            "eye_holds": held(take.eye_holds),
        }
    )


def _ended(frames: np.ndarray, values: np.ndarray, tail: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames (F,) and values (F, ...) with a key of zeros `tail` frames after the last."""
    if not np.any(values[-1]):
        return frames, values
    return np.append(frames, frames[-1] + tail), np.concatenate([values, np.zeros_like(values[:1])])


def _key_curves(thing: bpy.types.Object, values: dict[str, np.ndarray], frames: np.ndarray, tail: int) -> list[Curve]:
    """A curve for each shape key, at frames (F,) with its values (F,); its slider is made to fit."""
    blocks, out = thing.data.shape_keys.key_blocks, []
    for key, weights in values.items():
        keys.fit_range(blocks[key], float(weights.min()), float(weights.max()))
        out.append(constant_or_all(keys.value_path(key), 0, *_ended(frames, weights, tail)))
    return out


def _basis_curves(speaker, take: Take, frames: np.ndarray, tail: int) -> list[Curve]:
    top = float(np.abs(take.coefficients).max(initial=0.0))
    # A slider holds at most 10: larger coefficients go into the shapes, by a power of two so that nothing
    # is rounded.
    scale = np.float32(2.0 ** max(0, np.ceil(np.log2(top / VALUE_LIMIT)))) if top > VALUE_LIMIT else np.float32(1)
    named = keys.put_basis(speaker, take.basis * scale)
    return _key_curves(speaker, dict(zip(named, (take.coefficients / scale).T, strict=True)), frames, tail)


def _write_cache(speaker, take: Take) -> tuple[Path, int]:
    """The point cache of a take of exact vertices and its samples. Raises ApplyError."""
    tail, offsets = max(1, round(SETTLE_S * take.fps)), vertex_takes.offsets(take)
    path = point_cache.folder(package.NAME) / point_cache.name(
        speaker.name, take.meta.get("seed", "0"), offsets.tobytes() + str(tail).encode()
    )
    try:
        point_cache.write_pc2(path, keys.rest(speaker.data), keys.to_blender(offsets), tail)
    except point_cache.PointCacheError as error:
        raise ApplyError(str(error)) from None
    return path, len(offsets) + tail
