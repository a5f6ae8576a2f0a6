# SPDX-License-Identifier: GPL-3.0-or-later
"""Jaw, eyes and head of an armature from a take: armature-space turns in each bone's own axes and rotation mode.

The jaw turns as the default head's lower teeth do: at a weight of 1 by the angles and ways of OPEN, SIDE and FORWARD,
measured on them (rigid fit; a test measures it anew). The eyes take the take's gaze as it is. Head and neck share the
head's rotation by halves, or one has it all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..animation import head_rotation
from ..animation.fcurves import Curve, constant_or_all
from ..formats.take import Take
from .recognition import CLOSES

OPEN = 28.1  # degrees of jawOpen 1
SIDE = (0.52, 1.11, -0.89)  # degrees of jawLeft 1: pitch, yaw, roll
SIDE_WAY = (6.0, -0.1, 4.5)  # mm at the joint of jawLeft 1, head space
FORWARD, FORWARD_WAY = 1.19, (0.0, -0.2, 9.1)  # degrees and mm of jawForward 1
GAZE = np.radians(30.0)  # of an eyeLook weight of 1 (docs/articulation.md, section 10)
EYES_APART = 0.0591  # m between the default head's eyes: what lengths are measured by
FACING = {"-Y": 0.0, "+X": np.pi / 2, "+Y": np.pi, "-X": -np.pi / 2}  # turn about z from the default head's


class BoneError(Exception):
    """The bones cannot be driven; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True)
class Bones:
    """Names of the bones of an armature that a take drives, '' for none; facing is where the face looks in the
    armature's axes."""

    jaw: str = ""
    eye_left: str = ""
    eye_right: str = ""
    head: str = ""
    neck: str = ""
    facing: str = "-Y"

    @property
    def chosen(self) -> dict[str, str]:
        every = {"jaw": self.jaw, "left eye": self.eye_left, "right eye": self.eye_right}
        every |= {"head": self.head, "neck": self.neck}
        return {part: name for part, name in every.items() if name}


def check(armature: bpy.types.Object, bones: Bones) -> None:
    """Raises BoneError for an armature that cannot take curves or has not these bones. Changes nothing."""
    if armature.type != "ARMATURE":
        raise BoneError(f"'{armature.name}' is no armature; choose the one that has the jaw and eye bones.")
    if armature.library is not None:
        raise BoneError(f"'{armature.name}' is linked from another file; make it a library override first.")
    for part, name in bones.chosen.items():
        if name not in armature.pose.bones:
            raise BoneError(f"The {part} bone '{name}' is not in '{armature.name}' any more; choose it again.")
    names = list(bones.chosen.values())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BoneError(f"The bone '{twice}' is chosen for two parts of the face; choose another for one of them.")


def curves(
    armature: bpy.types.Object, bones: Bones, take: Take, frames: np.ndarray, tail: int, mouth_closes: bool = True
) -> list[Curve]:
    """F-curves of the armature object for a take whose frames (F,) lie at these scene frames; `tail` frames after the
    last the bones are at rest. Changes nothing. Raises BoneError.

    mouth_closes: the face has a key for mouthClose; where it has none, the jaw itself closes the lips.
    """
    check(armature, bones)
    frames = np.append(frames, frames[-1] + tail)
    out: list[Curve] = []
    for name, turns, ways in _moves(armature, bones, take, mouth_closes):
        bone = armature.pose.bones[name]
        rest = bone.bone.matrix_local.to_3x3()
        here = [rest.inverted() @ turn @ rest for turn in (*turns, Matrix.Identity(3))]
        path, values = head_rotation.posed(bone.rotation_mode, here)
        out += _curves(name, path, frames, values)
        if ways is not None and not (bone.bone.use_connect and bone.parent):
            away = [rest.inverted() @ way for way in (*ways, Vector())]
            out += _curves(name, "location", frames, np.array(away, np.float32))
    return out


def shown(bones: Bones) -> set[str]:
    """The channels that the bones show, whether or not a key does."""
    jaw = ("jawOpen", "jawForward", "jawLeft", "jawRight") if bones.jaw else ()
    sides = [side for side, name in (("Left", bones.eye_left), ("Right", bones.eye_right)) if name]
    return {*jaw, *(f"eyeLook{way}{side}" for way in ("Up", "Down", "In", "Out") for side in sides)}


def _curves(bone: str, path: str, frames: np.ndarray, values: np.ndarray) -> list[Curve]:
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{path}'
    return [constant_or_all(path, axis, frames, values[:, axis]) for axis in range(values.shape[1])]


def _moves(armature, bones: Bones, take: Take, mouth_closes: bool):
    """(bone, turns (F,) as 3x3 matrices, ways (F,) as vectors or None) in the armature's axes."""
    facing = Matrix.Rotation(FACING[bones.facing], 3, "Z")

    def turned(pitch: np.ndarray, yaw: np.ndarray, roll: np.ndarray) -> list[Matrix]:
        triples = zip(pitch.tolist(), yaw.tolist(), roll.tolist(), strict=True)
        return [facing @ head_rotation.matrix(*angles) @ facing.inverted() for angles in triples]

    weight = _weights(take)
    if bones.jaw:
        opened = weight("jawOpen") - (0.0 if mouth_closes else CLOSES * weight("mouthClose"))
        side, ahead = weight("jawLeft") - weight("jawRight"), weight("jawForward")
        both = weight("jawLeft") + weight("jawRight")
        angles = np.radians(
            [
                OPEN * np.maximum(opened, 0.0) + SIDE[0] * both + FORWARD * ahead,
                SIDE[1] * side,
                SIDE[2] * side,
            ]
        )
        way = np.stack([SIDE_WAY[0] * side, SIDE_WAY[1] * both, SIDE_WAY[2] * both], 1)
        way = (way + ahead[:, None] * np.array(FORWARD_WAY)) * 1e-3 * size(armature, bones)
        ways = [facing @ Vector((x, -z, y)) for x, y, z in way.tolist()]
        yield bones.jaw, turned(*angles), ways
    for name, side in ((bones.eye_left, "Left"), (bones.eye_right, "Right")):
        if name:
            pitch, yaw = take.gaze.astype(float).T if take.gaze is not None else _looked(weight, side)
            yield name, turned(pitch, yaw, np.zeros(take.frames)), None
    if bones.head or bones.neck:
        turns = turned(*take.head_rotation.astype(float).T)
        if bones.head and bones.neck:
            turns = [Quaternion().slerp(turn.to_quaternion(), 0.5).to_matrix() for turn in turns]
        for name in filter(None, (bones.neck, bones.head)):
            yield name, turns, None


def _weights(take: Take) -> Callable[[str], np.ndarray]:
    def weight(name: str) -> np.ndarray:
        if take.weights is None or name not in take.channels:
            return np.zeros(take.frames)
        return take.weights[:, take.channels.index(name)].astype(float)

    return weight


def _looked(weight: Callable[[str], np.ndarray], side: str) -> tuple[np.ndarray, np.ndarray]:
    """(pitch, yaw) of one eye by its eyeLook channels, for takes without gaze."""
    pitch = weight(f"eyeLookDown{side}") - weight(f"eyeLookUp{side}")
    yaw = weight(f"eyeLookOut{side}") - weight(f"eyeLookIn{side}")
    return GAZE * pitch, GAZE * (yaw if side == "Left" else -yaw)


def size(armature: bpy.types.Object, bones: Bones) -> float:
    """The armature's own units in one metre of the default head: by its eyes, else its own scale's."""
    if bones.eye_left and bones.eye_right:
        ends = (armature.data.bones[name].head_local for name in (bones.eye_left, bones.eye_right))
        left, right = ends
        apart = (left - right).length
        if apart > 0.0:
            return apart / EYES_APART
    return 1.0 / armature.matrix_world.median_scale


def found(armature: bpy.types.Object) -> Bones:
    """Bones by their names, as Rigify, Character Creator, VRM, MMD, Mixamo, MetaHuman and others have them."""
    names = {_plain(bone.name): bone.name for bone in armature.data.bones}

    def first(*candidates: str) -> str:
        return next((names[each] for each in candidates if each in names), "")

    return Bones(
        jaw=first("jawmaster", "ccbasejawroot", "jaw", "jjaw", "jbipcjaw", "facialcjaw", "lowerjaw", "mandible", "顎"),
        eye_left=first("mastereyel", "ccbaseleye", "eyel", "lefteye", "lefteyeball", "eyeleft", "jadjlfaceeye",
                       "facialleye", "左目"),
        eye_right=first("mastereyer", "ccbasereye", "eyer", "righteye", "righteyeball", "eyeright", "jadjrfaceeye",
                        "facialreye", "右目"),
        head=first("head", "ccbasehead", "jbipchead", "頭"),
        neck=first("neck", "neck01", "ccbasenecktwist01", "jbipcneck", "首"),
    )  # fmt: skip


def _plain(name: str) -> str:
    tail = name.rpartition(":")[2]  # mixamorig:Head
    return "".join(letter for letter in tail.casefold() if letter.isalnum())
