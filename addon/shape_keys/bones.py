# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of jaw, eye, head and neck bones from a take: rotations in armature space, in each bone's own axes and mode.

The jaw bone moves as the lower teeth of the default head do: at a weight of 1 by the angles and shifts JAW_... below,
which were measured on the teeth (rigid fit; a test repeats it). The eyes follow the take's gaze. Head and neck take
half of the head's rotation each, or one of them all of it. An eye bone that another bone aims at, as Rigify's eye.L is,
is moved to where the eye looks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..animation import head_rotation
from ..animation.fcurves import Curve, constant_or_all
from ..formats.take import Take
from .recognition import JAW_OPEN_PER_MOUTH_CLOSE

JAW_OPEN_ANGLE = 28.1  # degrees of jawOpen 1
JAW_SIDE_ANGLES = (0.52, 1.11, -0.89)  # degrees of jawLeft 1: pitch, yaw, roll
JAW_SIDE_SHIFT = (6.0, -0.1, 4.5)  # mm at the joint of jawLeft 1, head space
JAW_FORWARD_ANGLE, JAW_FORWARD_SHIFT = 1.19, (0.0, -0.2, 9.1)  # degrees and mm of jawForward 1
GAZE_ANGLE = np.radians(30.0)  # of an eyeLook weight of 1 (docs/articulation.md, section 10)
EYES_APART = 0.0591  # m between the eyes of the default head: the unit of lengths
AIMS = ("DAMPED_TRACK", "TRACK_TO", "LOCKED_TRACK")  # constraints by which one bone looks at another
FACING = {"-Y": 0.0, "+X": np.pi / 2, "+Y": np.pi, "-X": -np.pi / 2}  # rotation about z from the default head's


class BoneError(Exception):
    """The bones cannot be driven; the message says why and what to do. The scene is unchanged."""


@dataclass(frozen=True)
class Bones:
    """Names of the bones that a take drives, '' for none; facing: the direction of the face in the armature's axes."""

    jaw: str = ""
    eye_left: str = ""
    eye_right: str = ""
    head: str = ""
    neck: str = ""
    facing: str = "-Y"
    gain_left: float = 1.0  # how far the eyes turn
    gain_right: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        return self.jaw, self.eye_left, self.eye_right, self.head, self.neck

    @property
    def names_by_part(self) -> dict[str, str]:
        names = {"jaw": self.jaw, "left eye": self.eye_left, "right eye": self.eye_right}
        names |= {"head": self.head, "neck": self.neck}
        return {part: name for part, name in names.items() if name}


def check(armature: bpy.types.Object, bones: Bones) -> None:
    """Raises BoneError for an armature that cannot be animated or lacks one of these bones. Changes nothing."""
    if armature.type != "ARMATURE":
        raise BoneError(f"'{armature.name}' is no armature; choose the one that has the jaw and eye bones.")
    if armature.library is not None:
        raise BoneError(f"'{armature.name}' is linked from another file; make it a library override first.")
    for part, name in bones.names_by_part.items():
        if name not in armature.pose.bones:
            raise BoneError(f"The {part} bone '{name}' is not in '{armature.name}' any more; choose it again.")
    names = list(bones.names_by_part.values())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BoneError(f"The bone '{twice}' is chosen for two parts of the face; choose another for one of them.")


def curves(
    armature: bpy.types.Object, bones: Bones, take: Take, frames: np.ndarray, tail: int, mouth_closes: bool = True
) -> list[Curve]:
    """F-curves of the armature object for a take. Changes nothing. Raises BoneError.

    frames (F,): scene frame of each frame of the take; `tail` frames after the last one the bones are at rest.
    mouth_closes: the face has a key for mouthClose; where it has none, the jaw closes the lips.
    """
    check(armature, bones)
    frames = np.append(frames, frames[-1] + tail)
    out: list[Curve] = []
    for name, turns, shifts in _moves(armature, bones, take, mouth_closes):
        bone = armature.pose.bones[name]
        rest = bone.bone.matrix_local.to_3x3()
        rotations = [rest.inverted() @ turn @ rest for turn in (*turns, Matrix.Identity(3))]
        if not aims_at(armature, name):
            path, values = head_rotation.rotation_values(bone.rotation_mode, rotations)
            out += _curves(name, path, frames, values)
        if shifts is not None and not (bone.bone.use_connect and bone.parent):
            offsets = [rest.inverted() @ shift for shift in (*shifts, Vector())]
            out += _curves(name, "location", frames, np.array(offsets, np.float32))
    return out


def gaze_curves(armature: bpy.types.Object, bones: Bones, pitch: float) -> list[Curve]:
    """F-curves of the eye bones alone that look down by this angle, at frame 0. Raises BoneError."""
    bones = replace(bones, jaw="", head="", neck="")
    still = np.zeros((1, 3), np.float32)
    gaze = np.array([[pitch, 0.0]], np.float32)
    take = Take(Fraction(24), Fraction(0), (), still, None, gaze, None, None, None, {})
    return curves(armature, bones, take, np.zeros(1), 1)


def channels_of_bones(bones: Bones) -> set[str]:
    """The channels that these bones show."""
    jaw = ("jawOpen", "jawForward", "jawLeft", "jawRight") if bones.jaw else ()
    sides = [side for side, name in (("Left", bones.eye_left), ("Right", bones.eye_right)) if name]
    return {*jaw, *(f"eyeLook{direction}{side}" for direction in ("Up", "Down", "In", "Out") for side in sides)}


def _curves(bone: str, path: str, frames: np.ndarray, values: np.ndarray) -> list[Curve]:
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{path}'
    return [constant_or_all(path, axis, frames, values[:, axis]) for axis in range(values.shape[1])]


def _moves(armature, bones: Bones, take: Take, mouth_closes: bool):
    """(bone, rotations (F,) as 3x3 matrices, shifts (F,) as vectors or None) in the armature's axes."""
    facing = Matrix.Rotation(FACING[bones.facing], 3, "Z")

    def rotations(pitch: np.ndarray, yaw: np.ndarray, roll: np.ndarray) -> list[Matrix]:
        triples = zip(pitch.tolist(), yaw.tolist(), roll.tolist(), strict=True)
        return [facing @ head_rotation.matrix(*angles) @ facing.inverted() for angles in triples]

    weight = _weights(take)
    if bones.jaw:
        opened = weight("jawOpen") - (0.0 if mouth_closes else JAW_OPEN_PER_MOUTH_CLOSE * weight("mouthClose"))
        side, forward = weight("jawLeft") - weight("jawRight"), weight("jawForward")
        both = weight("jawLeft") + weight("jawRight")
        angles = np.radians(
            [
                JAW_OPEN_ANGLE * np.maximum(opened, 0.0) + JAW_SIDE_ANGLES[0] * both + JAW_FORWARD_ANGLE * forward,
                JAW_SIDE_ANGLES[1] * side,
                JAW_SIDE_ANGLES[2] * side,
            ]
        )
        shift = np.stack([JAW_SIDE_SHIFT[0] * side, JAW_SIDE_SHIFT[1] * both, JAW_SIDE_SHIFT[2] * both], 1)
        shift = (shift + forward[:, None] * np.array(JAW_FORWARD_SHIFT)) * 1e-3 * units_per_metre(armature, bones)
        shifts = [facing @ Vector((x, -z, y)) for x, y, z in shift.tolist()]
        yield bones.jaw, rotations(*angles), shifts
    sides = (bones.eye_left, "Left", bones.gain_left), (bones.eye_right, "Right", bones.gain_right)
    for name, side, gain in sides:
        if name:
            pitch, yaw = gaze_angles(take, side)
            turns = rotations(gain * pitch, gain * yaw, np.zeros(take.frames))
            aiming = aims_at(armature, name)
            if aiming is None:
                yield name, turns, None
            else:
                far = armature.data.bones[name].head_local - aiming.bone.head_local
                yield name, turns, [turn @ far - far for turn in turns]
    if bones.head or bones.neck:
        turns = rotations(*take.head_rotation.astype(float).T)
        if bones.head and bones.neck:
            turns = [Quaternion().slerp(turn.to_quaternion(), 0.5).to_matrix() for turn in turns]
        for name in filter(None, (bones.neck, bones.head)):
            yield name, turns, None


def aims_at(armature: bpy.types.Object, name: str) -> bpy.types.PoseBone | None:
    """The bone that looks at this one by a constraint; None where none does."""
    for bone in armature.pose.bones:
        for constraint in bone.constraints:
            aimed = constraint.type in AIMS and not constraint.mute and constraint.target == armature
            if aimed and constraint.subtarget == name:
                return bone
    return None


def _weights(take: Take) -> Callable[[str], np.ndarray]:
    def weight(name: str) -> np.ndarray:
        if take.weights is None or name not in take.channels:
            return np.zeros(take.frames)
        return take.weights[:, take.channels.index(name)].astype(float)

    return weight


def gaze_angles(take: Take, side: str) -> tuple[np.ndarray, np.ndarray]:
    """(pitch, yaw) of the Left or the Right eye, (F,) radians each, down and to the head's left positive."""
    if take.gaze is not None:
        pitch, yaw = take.gaze.astype(float).T
        return pitch, yaw
    return _gaze_from_channels(_weights(take), side)


def _gaze_from_channels(weight: Callable[[str], np.ndarray], side: str) -> tuple[np.ndarray, np.ndarray]:
    """(pitch, yaw) of one eye, (F,) radians each, from its eyeLook channels, for takes without gaze."""
    pitch = weight(f"eyeLookDown{side}") - weight(f"eyeLookUp{side}")
    yaw = weight(f"eyeLookOut{side}") - weight(f"eyeLookIn{side}")
    return GAZE_ANGLE * pitch, GAZE_ANGLE * (yaw if side == "Left" else -yaw)


def units_per_metre(armature: bpy.types.Object, bones: Bones) -> float:
    """Units of the armature per metre of the default head: by the distance of its eyes, else by its scale."""
    if bones.eye_left and bones.eye_right:
        ends = (armature.data.bones[name].head_local for name in (bones.eye_left, bones.eye_right))
        left, right = ends
        distance = (left - right).length
        if distance > 0.0:
            return distance / EYES_APART
    return 1.0 / armature.matrix_world.median_scale


def by_name(armature: bpy.types.Object) -> Bones:
    """Bones of an armature named as by Rigify, Auto-Rig Pro, Character Creator, VRM, MMD, Mixamo, MetaHuman or more."""
    names = {_plain(bone.name): bone.name for bone in armature.data.bones}

    def first(*candidates: str) -> str:
        return next((names[name] for name in candidates if name in names), "")

    def eye(aim: str, *candidates: str) -> str:
        """Rigify's eye.L where another bone looks at it; else the first of these."""
        aimed = names.get(aim, "")
        return aimed if aimed and aims_at(armature, aimed) else first(*candidates)

    return Bones(
        jaw=first("jawmaster", "ccbasejawroot", "jaw", "jjaw", "jbipcjaw", "facialcjaw", "lowerjaw", "mandible",
                  "cjawbonex", "顎"),
        eye_left=eye("eyel", "mastereyel", "ccbaseleye", "eyel", "lefteye", "lefteyeball", "eyeleft",
                     "jadjlfaceeye", "facialleye", "ceyel", "左目"),
        eye_right=eye("eyer", "mastereyer", "ccbasereye", "eyer", "righteye", "righteyeball", "eyeright",
                      "jadjrfaceeye", "facialreye", "ceyer", "右目"),
        head=first("head", "headx", "ccbasehead", "jbipchead", "cheadx", "頭"),
        neck=first("neck", "neckx", "neck01", "ccbasenecktwist01", "jbipcneck", "cneckx", "首"),
    )  # fmt: skip


def _plain(name: str) -> str:
    tail = name.rpartition(":")[2]  # mixamorig:Head
    return "".join(letter for letter in tail.casefold() if letter.isalnum())
