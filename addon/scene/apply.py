# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies a take to a speaker: checks everything first, then adds shape keys, curves or a point cache, and the head's
rotation."""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import bpy
import numpy as np

from .. import package
from ..animation import easing, fcurves, nla_layers, point_cache, takes
from ..animation.easing import Ease
from ..animation.fcurves import Curve
from ..animation.nla_layers import Mark
from ..formats.channels import ARKIT
from ..formats.take import Take
from ..shape_keys import bones, driving, eye_objects, keys, mesh_axes
from ..shape_keys.recognition import short_list
from . import gesture_layer, vertex_takes
from .characters import learnt
from .hidden_take import hidden_notes
from .library import linked
from .take_curves import VALUE_LIMIT, Targets, take_curves

SETTLE_S = 0.2  # after its last frame a point cache fades to the mesh's rest in this time


class ApplyError(Exception):
    """The take cannot be applied to this speaker; the scene is unchanged. The message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The changes that `apply_take` will make. Computed without changing the scene."""

    kind: str  # 'channels', 'basis' or 'offsets'
    targets: Targets = ()  # of 'channels'
    notes: tuple[str, ...] = ()
    cache: tuple[Path, int] | None = None  # of 'offsets': the file that was written, and its number of samples


@dataclass(frozen=True)
class ApplyResult:
    """The result of `apply_take`: the scene's last frame of the take, and sentences for the animator."""

    last_frame: int
    notes: tuple[str, ...]


def plan(speaker: bpy.types.Object, take: Take, mark: Mark) -> Plan:
    """Plan the changes that apply a take as the layer with this mark, and write its point cache where it needs one.
    Raises ApplyError. Does not change the scene."""
    if speaker.type != "MESH":
        raise ApplyError(f"'{speaker.name}' is not a mesh; choose the mesh of the face.")
    for mesh in takes.meshes(speaker):
        _refuse_mesh(mesh, mark)
    if speaker.mien.head_object is not None:
        _refuse_layer(speaker.mien.head_object, mark)
    if speaker.mien_driving.bones().names_by_part:
        _refuse_bones(speaker, mark)
    for owner in learnt.owners_of(speaker):
        if owner is not None:
            _refuse_layer(owner, mark)
    for eye in eye_objects.chosen(speaker, takes.meshes(speaker)).values():
        _refuse_layer(eye, mark)
    if take.joints is not None and (body := gesture_layer.body_of(speaker)) is not None:
        _refuse_layer(body, mark)
    count = len(speaker.data.vertices)
    if take.vertices == count:
        kind, note = vertex_takes.representation(take, speaker.mien_driving.vertices)
        if kind == "basis" and linked.has_library_mesh(speaker):
            kind, note = "offsets", "The mesh is a library override, which keeps no new shape keys: a point cache."
        if take.coefficients is not None and float(np.abs(take.coefficients).max(initial=0.0)) > 1e6:
            raise ApplyError("The take's coefficients are beyond a million; generate it again.")
        cache = _write_cache(speaker, take) if kind == "offsets" else None
        return Plan(kind, notes=(note,) if note else (), cache=cache)
    if take.weights is None:
        raise ApplyError(
            f"The take moves {take.vertices} vertices and '{speaker.name}' has {count}: "
            "choose the mesh it was made for (Add Default Head makes Mien's own), or an engine that drives "
            "named shape keys."
        )
    return _channel_plan(speaker, take, take.weights)


def _channel_plan(speaker: bpy.types.Object, take: Take, weights: np.ndarray) -> Plan:
    """Raises ApplyError where nothing of the take would show on the face. Parts that show nothing are left out."""
    if not set(take.channels) & set(ARKIT):
        raise ApplyError(
            f"The take's channels ({short_list(take.channels)}) are none of ARKit's 52; generate it again with another "
            "engine."
        )
    top = float(np.abs(weights).max(initial=0.0))
    if top > VALUE_LIMIT:
        raise ApplyError(f"The take has a weight of {top:g}; a shape key takes at most {VALUE_LIMIT:g}.")
    channel_targets, meshes = [], takes.meshes(speaker)
    for mesh in meshes:
        targets = driving.targets(mesh, take, mesh != speaker, meshes)
        if targets.refusal and mesh == speaker and not speaker.mien_driving.bones().names_by_part:
            raise ApplyError(targets.refusal)
        if targets.values or targets.driven:
            channel_targets.append((mesh, targets))
    notes = [note for _, targets in channel_targets for note in targets.notes]
    notes += [note for mesh, targets in channel_targets if (note := linked.clipping_note(mesh, targets.values))]
    missing_note = driving.missing_note(take, [targets for _, targets in channel_targets])
    return Plan("channels", tuple(channel_targets), tuple([missing_note, *notes] if missing_note else notes))


def _refuse_mesh(mesh: bpy.types.Object, mark: Mark) -> None:
    if linked.refusal(mesh):
        raise ApplyError(f"{linked.refusal(mesh)}.")
    shape_keys = mesh.data.shape_keys
    if shape_keys is not None:
        if not shape_keys.use_relative:
            raise ApplyError(f"The shape keys of '{mesh.name}' are absolute; turn Relative on for them first.")
        if not linked.has_linked_mesh(mesh):
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
    speaker: bpy.types.Object,
    take: Take,
    changes: Plan,
    start_frame: float,
    mark: Mark,
    name: str,
    scene_fps: Fraction,
) -> ApplyResult:
    """Apply the take to the speaker as layers with this mark and name, in place of those with the same mark.

    start_frame: the scene's frame of second 0 of the sound that was sent. The caller makes the undo step.
    """
    frames, target = take.scene_frames(scene_fps, start_frame), speaker.mien.head_object
    if changes.cache is not None:
        linked.make_editable(speaker)
        path, samples = changes.cache
        point_cache.put(speaker, mark, path, samples, start=float(frames[0]), scale=float(take.fps / scene_fps))
    else:
        point_cache.remove(speaker, mark)
    moved = take_curves(speaker, take, changes.targets, frames, changes.kind == "basis")
    for id_ in takes.driven(speaker):
        if id_ not in moved.curves and nla_layers.find(id_, mark) is not None:
            nla_layers.drop(id_, mark)  # the former take moved this, and this one does not
    ease = easing.ease_of_curves(moved.with_rests, float(frames[0]), float(frames[-1]), float(scene_fps))
    for id_, curves in moved.curves.items():
        own = ease.of_head(float(scene_fps)) if id_ == target != speaker.mien_driving.armature else ease
        facts = _facts(take, start_frame, scene_fps, own)
        blend = moved.gestures.blend if id_ == moved.gestures.body else "REPLACE"
        _put_layer(id_, mark, curves, f"{name} head" if id_ == target else name, facts, own, moved.rests[id_], blend)
    notes = [*changes.notes, *moved.notes, *hidden_notes(moved.curves)]
    easing.fit(takes.driven(speaker))
    if speaker.data.shape_keys is not None and not linked.has_library_mesh(speaker):
        keys.remove_unused_bases(speaker, nla_layers.paths(speaker.data.shape_keys))
    if take.fps != scene_fps:
        notes.append(f"The take runs at {take.fps} frames a second and the scene at {scene_fps}: its keys lie between.")
    return ApplyResult(int(np.ceil(frames[-1])), tuple(notes))


def _put_layer(id_, mark: Mark, curves: list[Curve], name: str, facts: str, ease: Ease, rest: dict, blend: str) -> None:
    nla_layers.rest(id_, rest)
    span = (ease.first, max(ease.last, ease.first + 1.0))
    nla_layers.put(id_, mark, curves, name, facts, span, nla_layers.below_of(id_, mark, ease.first), blend)


def _facts(take: Take, start_frame: float, fps: Fraction, ease: Ease) -> str:
    """JSON for the actions: the take's metadata, its start frame and rate, how it eases in and out, and the frames at
    which lips or lids are shut, which key reduction must keep."""

    def scene_spans(holds: np.ndarray | None) -> list[list[float]]:
        return [] if holds is None else (float(start_frame) + holds.astype(float) * float(fps)).round(4).tolist()

    return json.dumps(
        {
            "meta": take.meta,
            "start_frame": start_frame,
            "fps": str(fps),
            "ease": ease.to_json(),
            "mouth_holds": scene_spans(take.mouth_holds),
            "eye_holds": scene_spans(take.eye_holds),
        }
    )


def _write_cache(speaker, take: Take) -> tuple[Path, int]:
    """Write the point cache of a take of offsets; its path and number of samples. Raises ApplyError."""
    tail, offsets = max(1, round(SETTLE_S * take.fps)), vertex_takes.offsets(take)
    path = point_cache.folder(package.NAME) / point_cache.name(
        speaker.name, take.meta.get("seed", "0"), offsets.tobytes() + str(tail).encode()
    )
    try:
        rest = keys.rest(speaker.data)
        point_cache.write_pc2(path, rest, mesh_axes.to_mesh(rest, offsets), tail)
    except point_cache.PointCacheError as error:
        raise ApplyError(str(error)) from None
    return path, len(offsets) + tail
