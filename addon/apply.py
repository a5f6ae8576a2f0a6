# SPDX-License-Identifier: GPL-3.0-or-later
"""A take on a speaker: everything is checked first, then shape
keys, curves or a cache, and the head's rotation."""

import json
from dataclasses import dataclass, field
from fractions import Fraction

import bpy
import numpy as np

from . import channels, curves, keys, point_cache, rotation
from .curves import Curve, constant_or_all
from .take import Take

SETTLE_S = 0.2  # after its last frame a take fades to zero this long, so that nothing of it stays on the face
VALUE_LIMIT = 10.0  # Blender's hard limit of a shape key's slider


class ApplyError(Exception):
    """The take cannot go on this speaker; nothing was changed. The message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What applying will do; made without changing anything."""

    kind: str  # 'channels', 'basis' or 'offsets'
    match: channels.Match | None = None
    driven: tuple[str, ...] = ()  # shape keys that a driver of the animator moves: left to it
    notes: list[str] = field(default_factory=list)


def plan(speaker: bpy.types.Object, take: Take) -> Plan:
    """Decide how the take goes on the speaker. Raises ApplyError, and changes nothing either way."""
    mesh = speaker.data
    if speaker.type != "MESH":
        raise ApplyError(f"'{speaker.name}' is not a mesh; choose the mesh of the face.")
    if speaker.library is not None or mesh.library is not None:
        raise ApplyError(f"'{speaker.name}' is linked from another file; make it local first.")
    if mesh.shape_keys is not None:
        if not mesh.shape_keys.use_relative:
            raise ApplyError(
                f"The shape keys of '{speaker.name}' are absolute; turn Relative on for them first."
            )
        try:
            curves.refuse(mesh.shape_keys)
        except curves.CurveError as error:
            raise ApplyError(str(error)) from None
    fits = take.vertices == len(mesh.vertices)
    if fits and take.basis is not None:
        if len(take.basis) and float(np.abs(take.coefficients).max()) > 1e6:
            raise ApplyError("The take's coefficients are beyond a million; generate it again.")
        return Plan("basis")
    if fits and take.offsets is not None:
        return Plan("offsets")
    if take.weights is None:
        raise ApplyError(
            f"The take moves {take.vertices} vertices and '{speaker.name}' has {len(mesh.vertices)}: "
            "choose the mesh "
            "it was made for (Add default head makes Mien's own), or an engine that drives named shape keys."
        )
    match = channels.match(take.channels, keys.names(mesh))
    driven_paths = curves.driven_paths(mesh.shape_keys) if mesh.shape_keys is not None else set()
    driven = tuple(name for name in match.keys.values() if keys.value_path(name) in driven_paths)
    if not match.keys:
        has = (
            f"its {len(keys.names(mesh))} shape keys have other names"
            if keys.names(mesh)
            else "it has no shape keys"
        )
        raise ApplyError(
            f"'{speaker.name}' has none of the {len(take.channels)} ARKit shape keys the take drives "
            "(jawOpen, "
            f"mouthClose, ...): {has}. Rename its keys, or use Add default head."
        )
    if len(driven) == len(match.keys):
        raise ApplyError(
            f"Every ARKit shape key of '{speaker.name}' has a driver, which overrules curves; remove the "
            "drivers first."
        )
    top = float(np.abs(take.weights).max(initial=0.0))
    if top > VALUE_LIMIT:
        raise ApplyError(f"The take has a weight of {top:g}; a shape key takes at most {VALUE_LIMIT:g}.")
    notes = []
    if match.missing:
        notes.append(
            f"{len(match.missing)} of {len(take.channels)} shape keys are not there: "
            f"{_some(_mouth_first(match.missing))}."
        )
    if match.unclear:
        notes.append(f"Two keys share a name but for its case, so these were left: {_some(match.unclear)}.")
    if driven:
        notes.append(f"These have drivers of their own and were left to them: {_some(driven)}.")
    muted = tuple(name for name in match.keys.values() if mesh.shape_keys.key_blocks[name].mute)
    if muted:
        notes.append(f"These are muted, so they do not show: {_some(muted)}.")
    if speaker.show_only_shape_key:
        notes.append("One shape key is pinned (Solo), so the others do not show.")
    return Plan("channels", match, driven, notes)


def apply_take(
    scene: bpy.types.Scene, speaker: bpy.types.Object, take: Take, start_frame: int, scene_fps: Fraction
) -> str:
    """Put the take on the speaker, second 0 of its sound at start_frame; a sentence on what was done.

    Raises ApplyError before anything is changed. The caller makes the undo step.
    """
    made = plan(speaker, take)
    target = speaker.mien.head_object
    turns = bool(np.abs(take.head_rotation).max(initial=0.0) > 0.0)
    if target is not None:
        try:
            curves.refuse(target)
        except curves.CurveError as error:
            raise ApplyError(str(error)) from None
    frames = take.scene_frames(scene_fps, start_frame)
    tail = max(1, round(SETTLE_S * scene_fps))
    facts = json.dumps({"meta": take.meta, "start_frame": start_frame})
    name = f"Mien take seed {take.meta.get('seed', '0')}"
    notes = list(made.notes)

    before = curves.own_paths(speaker.data.shape_keys) if speaker.data.shape_keys is not None else set()
    key_curves: list[Curve] = []
    if made.kind == "offsets":
        _put_offsets(speaker, take, frames, scene_fps)
    else:
        point_cache.remove(speaker)
        put = _channel_curves if made.kind == "channels" else _basis_curves
        key_curves = put(speaker, take, made, frames, tail)
    if key_curves or before:
        on_track = curves.put(speaker.data.shape_keys, "KEY", key_curves, name, facts)
        _rest_leftover(speaker.data.shape_keys, before - {curve.path for curve in key_curves})
        if on_track:
            notes.append(f"Your own animation stays; the take is on the NLA track '{curves.TRACK}' under it.")
    if target is not None:
        rotation.remember_rest(target)
        still, ends = _ended(frames, take.head_rotation, tail)
        curves.put(target, "OBJECT", rotation.curves(target, still, ends), f"{name} head", facts)
    elif turns:
        notes.append("The head's rotation was left out: choose an object for it under Life > Head Rotation.")
    scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)  # show it now
    if take.fps != scene_fps:
        notes.append(
            f"The take runs at {take.fps} frames a second and the scene at {scene_fps}: its keys lie between."
        )
    speaker.mien.last_frame = last = int(np.ceil(frames[-1]))
    return " ".join(
        [f"'{speaker.name}' speaks from frame {start_frame} to {last} (seed {_seed(take)}).", *notes]
    )


def _seed(take: Take) -> str:
    return take.meta.get("seed", "0")


def _ended(frames: np.ndarray, values: np.ndarray, tail: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames (F,) and values (F, ...) with a key of zeros `tail` frames after the last."""
    if not np.any(values[-1]):
        return frames, values
    return np.append(frames, frames[-1] + tail), np.concatenate([values, np.zeros_like(values[:1])])


def _channel_curves(speaker, take: Take, made: Plan, frames: np.ndarray, tail: int) -> list[Curve]:
    blocks = speaker.data.shape_keys.key_blocks
    frames, weights = _ended(frames, take.weights, tail)
    out = []
    for channel, name in made.match.keys.items():
        if name in made.driven:
            continue
        values = weights[:, take.channels.index(channel)]
        keys.fit_range(blocks[name], float(values.min()), float(values.max()))
        out.append(constant_or_all(keys.value_path(name), 0, frames, values))
    return out


def _basis_curves(speaker, take: Take, made: Plan, frames: np.ndarray, tail: int) -> list[Curve]:
    top = float(np.abs(take.coefficients).max(initial=0.0))
    # A slider holds at most 10: larger coefficients go into the shapes, by a power of two so that nothing
    # is rounded.
    scale = (
        np.float32(2.0 ** max(0, np.ceil(np.log2(top / VALUE_LIMIT)))) if top > VALUE_LIMIT else np.float32(1)
    )
    named = keys.put_basis(speaker, take.basis * scale)
    frames, values = _ended(frames, take.coefficients / scale, tail)
    out = []
    for column, name in enumerate(named):
        block = speaker.data.shape_keys.key_blocks[name]
        keys.fit_range(block, float(values[:, column].min()), float(values[:, column].max()))
        out.append(constant_or_all(keys.value_path(name), 0, frames, values[:, column]))
    return out


def _put_offsets(speaker, take: Take, frames: np.ndarray, scene_fps: Fraction) -> None:
    tail = max(1, round(SETTLE_S * take.fps))
    path = point_cache.folder(__package__) / point_cache.name(
        speaker.name, _seed(take), take.offsets.tobytes() + str(tail).encode()
    )
    try:
        point_cache.put(
            speaker,
            path,
            keys.rest(speaker.data),
            keys.to_blender(take.offsets),
            tail,
            start=float(frames[0]),
            scale=float(take.fps / scene_fps),
        )
    except point_cache.PointCacheError as error:
        raise ApplyError(str(error)) from None


def _rest_leftover(shape_keys: bpy.types.Key, paths: set[str]) -> None:
    """Keys that the last take moved and this one does not go back
    to zero instead of keeping its last value."""
    for block in shape_keys.key_blocks:
        if keys.value_path(block.name) in paths:
            block.value = 0.0


def _mouth_first(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: not name.startswith(("jaw", "mouth"))))


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
