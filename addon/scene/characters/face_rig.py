# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the controls of a face whose mesh is moved by bones: by the names of known rigs, else those that are behind the
bones with weights on the face."""

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np

from ...shape_keys import control_names, gaze, keys
from .controls import Candidate, driver_candidates, drivers_of, name_of, transform
from .parts import armature_of

MECHANISM = ("DEF-", "ORG-", "MCH-", "VIS-", "DEF_", "ORG_", "MCH_")  # prefixes of bones no animator moves
LEAST_WEIGHT = 0.02  # of a bone on a vertex
MOVED = 0.02  # of a key's largest movement: a vertex that moves less is no part of what it moves
LEAST_BONES = 6  # of the armature's bones with weights on the mesh: fewer are no face of bones


@dataclass(frozen=True)
class FaceRig:
    """candidates: properties to be sampled; bones: of each the name of its bone, its object or its property; system:
    of control_names, '' for a rig whose names are not known; owners: objects that are posed."""

    candidates: tuple[Candidate, ...]
    names: tuple[str, ...]
    system: str
    owners: tuple[bpy.types.Object, ...]


def system_of(face: bpy.types.Object) -> str:
    """The system whose names the bones of its armature have, of control_names; '' for none."""
    armature = armature_of(face)
    return control_names.system_of(bone.name for bone in armature.data.bones) if armature is not None else ""


def is_face_of_bones(face: bpy.types.Object) -> bool:
    """Whether bones that may be controls of a face deform this mesh. Quick: it is asked whenever the panel is drawn."""
    armature = armature_of(face)
    if armature is None or armature.library is not None:
        return False
    if system_of(face):
        return True
    bones = armature.data.bones
    return sum(group.name in bones for group in face.vertex_groups) >= LEAST_BONES


def find(face: bpy.types.Object, meshes: list[bpy.types.Object]) -> FaceRig:
    """The controls that may move this face. Changes nothing."""
    armature = armature_of(face)
    if armature is None:
        return FaceRig((), (), "", ())
    around = _objects_behind(armature)
    eyes = _eyes(face, armature, meshes)
    system = control_names.system_of(name for owner in around for _, name in _parts(owner))
    found: dict[tuple, tuple[Candidate, str]] = {}
    for candidate, name in _named(around, system) if system else _unnamed(face, armature):
        if name not in eyes:
            found.setdefault((candidate.owner, candidate.path, candidate.index), (candidate, name))
    owners = dict.fromkeys((*around, *(candidate.owner for candidate, _ in found.values())))
    return FaceRig(
        tuple(candidate for candidate, _ in found.values()),
        tuple(name for _, name in found.values()),
        system,
        tuple(owners),
    )


def _named(around: list[bpy.types.Object], system: str) -> Iterator[tuple[Candidate, str]]:
    for owner in around:
        for bone, name in _parts(owner):
            known = control_names.find(name)
            if known is None or known.system != system or name.startswith(MECHANISM):
                continue
            for kind, axes in (("LOC", known.control.location), ("ROT", known.control.rotation)):
                for axis in axes:
                    for candidate in transform(owner, bone, f"{kind}_{axis.upper()}"):
                        yield candidate, name


def _unnamed(face: bpy.types.Object, armature: bpy.types.Object) -> Iterator[tuple[Candidate, str]]:
    """What is behind the bones with weights on the vertices that keys move: themselves, what they follow by constraints
    and drivers, and what these hang from."""
    open_, seen = [(armature, name) for name in _weighted_bones(face, armature)], set()
    while open_:
        owner, bone = open_.pop()
        if (owner, bone) in seen or owner.library is not None:
            continue
        seen.add((owner, bone))
        moved = owner.pose.bones.get(bone) if bone and owner.pose is not None else owner
        if moved is None:
            continue
        for constraint in moved.constraints:
            target = getattr(constraint, "target", None)
            if target is not None:
                open_.append((target, getattr(constraint, "subtarget", "")))
        prefix = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].' if bone else ""
        drivers = [curve for curve in drivers_of(owner) if curve.data_path.startswith(prefix or ("location", "rot"))]
        for curve in drivers:
            for candidate in driver_candidates(curve.driver):
                yield candidate, name_of(candidate)
        if bone and moved.parent is not None:
            open_.append((owner, moved.parent.name))
        if bone.startswith(MECHANISM) or (not bone and owner.type == "ARMATURE"):
            continue
        for kind in ("LOC", "ROT"):
            for candidate in transform(owner, bone, kind):
                if not any(curve.data_path == candidate.path for curve in drivers):
                    yield candidate, bone or owner.name


def _parts(owner: bpy.types.Object) -> list[tuple[str, str]]:
    """(bone, its name) of all bones, else ('', the object's name)."""
    if owner.pose is not None:
        return [(bone.name, bone.name) for bone in owner.pose.bones]
    return [("", owner.name)]


def _objects_behind(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """The armature and the objects that its bones follow by constraints and drivers, boards of controls say."""
    found = [armature]
    for owner in found:  # grows
        parts = [owner, *(owner.pose.bones if owner.pose is not None else ())]
        targets = [getattr(constraint, "target", None) for part in parts for constraint in part.constraints]
        drivers = drivers_of(owner) + (drivers_of(owner.data) if owner.data is not None else [])
        for curve in drivers:
            targets += [target.id for variable in curve.driver.variables for target in variable.targets]
        found += [
            target
            for target in dict.fromkeys(targets)
            if isinstance(target, bpy.types.Object) and target not in found and target.library is None
        ]
    return found


def _eyes(face: bpy.types.Object, armature: bpy.types.Object, meshes: list[bpy.types.Object]) -> set[str]:
    """Bones that turn the eyes already, and what they look at."""
    chosen = gaze.bones_of(face, meshes)
    return {name for name in (chosen.eye_left, chosen.eye_right) if name}


def moving(mesh: bpy.types.Object, names: list[str]) -> np.ndarray:
    """(V,) bool: the vertices that one of these keys moves."""
    rest = keys.rest(mesh.data)
    out = np.zeros(len(rest), bool)
    for delta in (offsets(mesh, name) for name in names):
        far = np.abs(delta).max(1)
        out |= far > MOVED * far.max(initial=0.0)
    return out


def offsets(mesh: bpy.types.Object, name: str) -> np.ndarray:
    """(V, 3) of a shape key at 1."""
    block, rest = mesh.data.shape_keys.key_blocks[name], keys.rest(mesh.data)
    points = np.empty(rest.size, np.float32)
    block.points.foreach_get("co", points)
    return points.reshape(rest.shape) - rest


def _weighted_bones(face: bpy.types.Object, armature: bpy.types.Object) -> list[str]:
    """Bones with weights on vertices that the keys move, those with most of it first."""
    moved = moving(face, list(keys.names(face.data)))
    names = {group.index: group.name for group in face.vertex_groups if group.name in armature.pose.bones}
    sums: dict[str, float] = {}
    for vertex in face.data.vertices:
        if moved[vertex.index]:
            for entry in vertex.groups:
                if entry.weight > LEAST_WEIGHT and entry.group in names:
                    sums[names[entry.group]] = sums.get(names[entry.group], 0.0) + entry.weight
    return sorted(sums, key=lambda name: -sums[name])
