# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of an armature's bones from the joints of a take: rotations told from the rest of Mien's body, retargeted to
the rest of another rig, in each bone's own axes and rotation mode."""

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ..animation import head_rotation, nla_layers
from ..animation.fcurves import Curve, constant_or_all
from ..formats.body_file import BodyFile, read_body
from ..formats.head_file import HeadError
from ..formats.take import Take
from .bone_names import CONTROLS, SIDES, bones_of
from .rest_poses import CHAINS, alignments, model_axes, unit

BENT = 0.5  # cosine: where a finger's last bone points farther aside, its tail says nothing of the finger
FK = ("upper_arm_parent.{}", "IK_FK")  # Rigify's switch of an arm; 1 is forward kinematics


class JointError(Exception):
    """The joints of a take cannot be put on the armature; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class JointLayer:
    """What a take's joints put on an armature. rest: (path, index) -> the value between lines; blend: of the NLA
    strip: REPLACE, or COMBINE where the animator's own animation lies beneath; notes: for the animator."""

    curves: tuple[Curve, ...]
    rest: dict[tuple[str, int], float]
    blend: str
    notes: tuple[str, ...]


def find_body(speaker: bpy.types.Object) -> bpy.types.Object | None:
    """The armature whose arms gesture: the chosen one, else the one that carries or deforms the speaker's mesh."""
    chosen = speaker.mien.body
    if chosen is not None:
        return chosen
    near = [speaker.mien_driving.armature, speaker.parent]
    near += [modifier.object for modifier in speaker.modifiers if modifier.type == "ARMATURE"]
    for obj in near:
        if obj is not None and obj.type == "ARMATURE" and bones_of(obj.data.bones.keys())[1]:
            return obj
    return None


def layer(armature: bpy.types.Object, take: Take, frames: np.ndarray) -> JointLayer:
    """For a take with joints at scene frames (F,). Changes nothing. Raises JointError."""
    kind, table = bones_of(armature.data.bones.keys())
    if not table:
        raise JointError(
            f"'{armature.name}' has no arms by the names of Rigify, Mixamo, VRM or Unreal; rename its bones, or choose "
            "another armature for the gestures."
        )
    try:
        body = read_body()
    except HeadError as error:
        raise JointError(str(error)) from None
    local = _local_rotations(armature, kind, table, body, take)
    added = bool({path for path, _ in nla_layers.animated_by_others(armature)} & _paths(armature, local))
    curves: list[Curve] = []
    for bone, rotations in local.items():
        if added:  # from how the arms hang before the first word, so that the animator's own pose stays beneath
            first = rotations[0].transposed()
            rotations = [first @ rotation for rotation in rotations]
        path, values = head_rotation.rotation_values(armature.pose.bones[bone].rotation_mode, rotations)
        path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{path}'
        curves += [constant_or_all(path, axis, frames, values[:, axis]) for axis in range(values.shape[1])]
    if kind == CONTROLS:
        curves += _forward_kinematics(armature, frames)
    rest = {(curve.path, curve.index): float(curve.values[0]) for curve in curves}
    notes = _notes(armature, kind, table, take, local)
    return JointLayer(tuple(curves), rest, "COMBINE" if added else "REPLACE", notes)


def _paths(armature: bpy.types.Object, bones) -> set[str]:
    return {
        f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{head_rotation.path_of(armature.pose.bones[bone])}'
        for bone in bones
    }


def _local_rotations(armature, kind: str, table: dict[str, str], body: BodyFile, take: Take) -> dict[str, list[Matrix]]:
    """bone -> its rotations (F,) from its own rest, in its own axes."""
    bones = armature.data.bones
    places = {joint: np.array(bones[bone].head_local) for joint, bone in table.items()}
    try:
        axes = model_axes(places)
    except KeyError:
        raise JointError(f"'{armature.name}' has one arm alone; gestures need both.") from None
    theirs = {joint: place @ axes for joint, place in places.items()}
    aligned = alignments(body.joints, _directions(bones, table, theirs, axes), theirs)
    turns = _turns(body, take)
    whole = {joint: np.einsum("fij,kj->fik", turns[joint], aligned.get(joint, np.eye(3))) for joint in table}
    whole = {joint: np.einsum("ij,fjk,lk->fil", axes, turn, axes) for joint, turn in whole.items()}
    joint_of = {bone: joint for joint, bone in table.items()}
    out = {}
    for joint, bone in table.items():
        above = _joint_above(bones[bone], joint, kind, joint_of, table, body)
        turn = whole[joint] if above is None else np.einsum("fji,fjk->fik", whole[above], whole[joint])
        rest = np.array(bones[bone].matrix_local.to_3x3())
        local = np.einsum("ji,fjk,kl->fil", rest, turn, rest)
        if np.abs(local - np.eye(3)).max() > 1e-5:
            out[bone] = [Matrix(matrix.tolist()) for matrix in local]
    return out


def _joint_above(bone, joint: str, kind: str, joint_of: dict[str, str], table, body: BodyFile) -> str | None:
    """The joint whose rotation a bone inherits. Rigify's controls hang on hidden bones, so there it is the body's."""
    if kind == CONTROLS:
        above = body.parents[joint]
        while above and above not in table:
            above = body.parents[above]
        return above or None
    parent = bone.parent
    while parent is not None and parent.name not in joint_of:
        parent = parent.parent
    return None if parent is None else joint_of[parent.name]


def _directions(bones, table: dict[str, str], theirs: dict[str, np.ndarray], axes: np.ndarray) -> dict[str, np.ndarray]:
    """joint of arm or finger -> unit vector (3,), in the model's axes, to the next joint, or along the bone."""
    ends = {}
    for side in SIDES:
        for part, after in zip(CHAINS, ("lower_arm", "hand", "middle_proximal"), strict=True):
            joint, goal = f"{side}_{part}", f"{side}_{after}"
            if joint in table:
                along = _along(bones[table[joint]]) @ axes
                ends[joint] = unit(theirs[goal] - theirs[joint] if goal in theirs else along)
        for finger in ("thumb", "index", "middle", "ring", "little"):
            joints = [name for name in table if name.startswith(f"{side}_{finger}_")]
            for joint, after in zip(joints, [*joints[1:], None], strict=True):
                along = unit(_along(bones[table[joint]]) @ axes)
                if after is not None:
                    along = unit(theirs[after] - theirs[joint])
                elif len(joints) > 1 and along @ ends[joints[-2]] < BENT:
                    along = ends[joints[-2]]
                ends[joint] = along
    return ends


def _along(bone) -> np.ndarray:
    """(3,) from head to tail in the armature's axes; Bone.vector is in the parent's."""
    return np.array(bone.tail_local) - np.array(bone.head_local)


def _turns(body: BodyFile, take: Take) -> dict[str, np.ndarray]:
    """joint -> (F, 3, 3) rotation from rest in the model's axes, by all joints above it."""
    rows = {name: number for number, name in enumerate(take.joint_names)}
    joints = np.zeros((take.frames, 0, 3)) if take.joints is None else take.joints.astype(float)
    turns: dict[str, np.ndarray] = {}
    for joint, parent in body.parents.items():  # parents come first
        turn = turns[parent] if parent else np.tile(np.eye(3), (take.frames, 1, 1))
        if joint in rows:
            turn = turn @ rotation_matrices(joints[:, rows[joint]])
        turns[joint] = turn
    return turns


def rotation_matrices(vectors: np.ndarray) -> np.ndarray:
    """(F, 3, 3) of rotation vectors (F, 3) in radians (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)
    axis = vectors / np.maximum(angle, 1e-12)[:, None]
    skew = np.zeros((len(vectors), 3, 3))
    skew[:, 0, 1], skew[:, 0, 2], skew[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    skew -= skew.transpose(0, 2, 1)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sine * skew + (1 - cosine) * skew @ skew


def _forward_kinematics(armature: bpy.types.Object, frames: np.ndarray) -> list[Curve]:
    """Curves that switch Rigify's arms to forward kinematics while the take lasts."""
    out = []
    for letter in ("L", "R"):
        bone, switch = FK[0].format(letter), FK[1]
        if bone in armature.pose.bones and switch in armature.pose.bones[bone]:
            path = f'pose.bones["{bone}"]["{switch}"]'
            out.append(Curve(path, 0, frames[:1], np.ones(1, np.float32)))
    return out


def _notes(armature, kind: str, table: dict[str, str], take: Take, local) -> tuple[str, ...]:
    notes = []
    absent = [name for name in take.joint_names if name not in table]
    joints = np.zeros((take.frames, 0, 3)) if take.joints is None else take.joints
    moved = [name for name in absent if np.abs(joints[:, take.joint_names.index(name)]).max() > 1e-3]
    if moved:
        shown = ", ".join(moved[:4]).replace("_", " ") + (f" and {len(moved) - 4} more" if len(moved) > 4 else "")
        notes.append(f"'{armature.name}' ({kind}) has no bone for {shown}; they are left out.")
    data = armature.animation_data
    action = data.action if data is not None else None
    if action is not None and nla_layers.mark_of(action) is None:
        own = {curve.data_path for curve in nla_layers.fcurves_of(action, getattr(data, "action_slot", None))}
        if own & _paths(armature, local):
            notes.append(
                f"The action '{action.name}' of '{armature.name}' keys bones that gesture, and lies above them: "
                "push it down in the NLA editor, and they add to it."
            )
    return tuple(notes)
