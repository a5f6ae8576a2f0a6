# SPDX-License-Identifier: GPL-3.0-or-later
"""The curves of a take on a speaker: shape keys, bones, the head's object, a rig's controls, eye objects, the body."""

from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from ..animation import head_rotation, takes
from ..animation.fcurves import Curve, constant_or_all
from ..formats.take import Take
from ..shape_keys import bones, driving, eye_objects, gaze, keys
from . import gesture_layer
from .characters import control_curves
from .library import linked

VALUE_LIMIT = 10.0  # Blender's hard limit of a shape key's slider
Targets = tuple[tuple[bpy.types.Object, driving.Targets], ...]  # each mesh that a take of channels moves


@dataclass(eq=False)
class TakeCurves:
    """curves: datablock -> its curves; rests: datablock -> (path, index) -> value without a take; notes: sentences for
    the animator; gestures: of the body among them."""

    curves: dict[bpy.types.ID, list[Curve]] = field(default_factory=dict)
    rests: dict[bpy.types.ID, dict[tuple[str, int], float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    gestures: gesture_layer.Gestures = gesture_layer.Gestures()

    def add(self, id_: bpy.types.ID, curves: list[Curve], rest: dict[tuple[str, int], float]) -> None:
        self.curves.setdefault(id_, []).extend(curves)
        self.rests.setdefault(id_, {}).update(rest)

    @property
    def with_rests(self) -> list[tuple[Curve, float]]:
        """Each curve with its value at rest."""
        return [
            (curve, self.rests[id_][curve.path, curve.index]) for id_, curves in self.curves.items() for curve in curves
        ]


def take_curves(
    speaker: bpy.types.Object, take: Take, targets: Targets, frames: np.ndarray, with_basis: bool
) -> TakeCurves:
    """Everything that a take moves, with keys at the scene's frames (F,). The rest of what it turns is remembered;
    with_basis: shape keys of the take's own are added, and meshes are opened to them."""
    out = TakeCurves()
    if with_basis and take.basis is not None and take.coefficients is not None:
        _add_basis(out, speaker, take.basis, take.coefficients, frames)
    for mesh, listed in targets:
        if listed.values:
            linked.open_mesh(mesh)
            _add_keys(out, mesh, listed.values, frames)
    chosen = gaze.bones_of(speaker, takes.meshes(speaker))
    if chosen.names_by_part:
        _add_bones(out, speaker, take, targets, frames, chosen)
    _add_head(out, speaker, take, frames, turned_by_bones=bool(chosen.head or chosen.neck))
    controls = control_curves.of_take(speaker, [(mesh, listed.driven) for mesh, listed in targets], frames)
    for owner, curves in controls.by_owner.items():
        out.add(owner, curves, controls.rests[owner])
    out.notes += [controls.note] if controls.note else []
    _add_eyes(out, speaker, take, frames)
    out.gestures = gesture_layer.curves_of(speaker, take, frames)
    if out.gestures.body is not None:
        out.add(out.gestures.body, out.gestures.curves, out.gestures.rest)
    out.notes += out.gestures.notes
    return out


def _add_basis(
    out: TakeCurves, speaker: bpy.types.Object, basis: np.ndarray, coefficients: np.ndarray, frames: np.ndarray
) -> None:
    """The keys of a basis (K, V, 3), which are added to the mesh, with coefficients (F, K)."""
    top = float(np.abs(coefficients).max(initial=0.0))
    # A slider's limit is 10: larger coefficients are scaled into the shapes, by a power of two, which is exact.
    scale = np.float32(2.0 ** max(0, np.ceil(np.log2(top / VALUE_LIMIT)))) if top > VALUE_LIMIT else np.float32(1)
    names = keys.add_basis(speaker, basis * scale)
    _add_keys(out, speaker, dict(zip(names, (coefficients / scale).T, strict=True)), frames)


def _add_keys(out: TakeCurves, mesh: bpy.types.Object, values: dict[str, np.ndarray], frames: np.ndarray) -> None:
    """A curve for each shape key, at 0 without a take; the sliders' ranges are extended to its values (F,)."""
    shape_keys, curves = mesh.data.shape_keys, []
    for key, weights in values.items():
        keys.fit_range(shape_keys.key_blocks[key], float(weights.min()), float(weights.max()))
        curves.append(constant_or_all(keys.value_path(key), 0, frames, weights))
    out.add(shape_keys, curves, {(curve.path, 0): 0.0 for curve in curves})


def _add_bones(
    out: TakeCurves, speaker: bpy.types.Object, take: Take, targets: Targets, frames: np.ndarray, chosen: bones.Bones
) -> None:
    """The last key of each curve is the bones' rest, and is left out unless there is no other."""
    armature = speaker.mien_driving.armature
    closes = any("mouthClose" not in listed.missing for _, listed in targets)
    curves = bones.curves(armature, chosen, take, frames, 1, closes)
    rest = {(curve.path, curve.index): float(curve.values[-1]) for curve in curves}
    out.add(armature, [_without_last_key(curve) for curve in curves], rest)


def _without_last_key(curve: Curve) -> Curve:
    if len(curve.values) == 1:
        return curve
    return Curve(curve.path, curve.index, curve.frames[:-1], curve.values[:-1])


def _add_head(
    out: TakeCurves, speaker: bpy.types.Object, take: Take, frames: np.ndarray, turned_by_bones: bool
) -> None:
    target = speaker.mien.head_object
    if target is not None:
        head_rotation.remember_rest(target)
        rest = head_rotation.curves(target, frames[:1], np.zeros((1, 3)))
        out.add(target, head_rotation.curves(target, frames, take.head_rotation), _first_values(rest))
    elif np.abs(take.head_rotation).max(initial=0.0) > 0.0 and not turned_by_bones:
        out.notes.append(
            "The head's rotation was left out: choose an object for it under Non-Verbal Motion > Head Rotation."
        )


def _add_eyes(out: TakeCurves, speaker: bpy.types.Object, take: Take, frames: np.ndarray) -> None:
    still = replace(take, gaze=np.zeros((take.frames, 2)))
    for side, eye in eye_objects.chosen(speaker, takes.meshes(speaker)).items():
        eye_objects.remember_rest(eye)
        rest = eye_objects.curves(speaker, side, eye, still, frames)
        out.add(eye, eye_objects.curves(speaker, side, eye, take, frames), _first_values(rest))


def _first_values(curves: list[Curve]) -> dict[tuple[str, int], float]:
    return {(curve.path, curve.index): float(curve.values[0]) for curve in curves}
