# SPDX-License-Identifier: GPL-3.0-or-later
"""A face of bones as Rigify makes it: its own metarig laid on Mien's head, generated, with automatic weights."""

import bpy
import numpy as np

from addon.formats import head_file
from addon.formats.channels import ARKIT
from addon.shape_keys import keys

from . import characters

# Joints of Rigify's metarig (bone, True for its head) on landmarks of iBUG's 68; several: their mean.
JOINTS = {
    ("lid.T.L", True): (45,),
    ("lid.T.L.003", False): (42,),
    ("lid.T.L.002", True): (43, 44),
    ("lid.B.L.002", True): (46, 47),
    ("lip.T.L", True): (51, 62),
    ("lip.T.L.001", True): (53, 63),
    ("lip.T.L.001", False): (54,),
    ("lip.B.L", True): (57, 66),
    ("lip.B.L.001", True): (55, 65),
    ("jaw", False): (8,),
    ("nose.002", True): (30,),
    ("nose", True): (27,),
    ("nose.L.001", True): (35,),
    ("brow.T.L.003", True): (22,),
    ("brow.T.L.002", True): (24,),
    ("brow.T.L.001", True): (26,),
    ("jaw.L", True): (16,),
    ("jaw.L.001", True): (13,),
    ("chin.L", True): (10,),
}
MIRROR = {**dict(zip(range(42, 48), (39, 38, 37, 36, 41, 40), strict=True)), 54: 48, 53: 49, 63: 61, 55: 59, 65: 67,
          35: 31, 22: 21, 24: 19, 26: 17, 16: 0, 13: 3, 10: 6}  # fmt: skip


def landmarks() -> np.ndarray:
    """(68, 3) of the default head, in Blender's axes."""
    tensors, _ = head_file.read_file(head_file.find_file())
    return keys.to_blender(tensors["vertices"][tensors["landmarks"]])


def enable() -> None:
    """Rigify ships with Blender, switched off."""
    if "rigify" not in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_enable(module="rigify")


def metarig() -> bpy.types.Object:
    """Rigify's human metarig without its body, on the default head."""
    bpy.ops.object.armature_human_metarig_add()
    rig = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    top = bones["spine.006"]
    kept = {top, *top.children_recursive}
    for bone in [bone for bone in bones if bone not in kept]:
        bones.remove(bone)
    top.name = "head"
    source, target = _pairs(bones)
    move = _warp(source, target)
    connected = [bone for bone in bones if bone.use_connect and bone != top]
    for bone in bones:
        bone.use_connect = False
    for bone in bones:
        # joints that meet must stay equal: Rigify joins its controls by them
        bone.head, bone.tail = move(np.round(np.array([bone.head, bone.tail], float), 4)).round(5)
    for bone in connected:
        bone.use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones["head"].rigify_type = "basic.super_copy"
    return rig


def _pairs(bones) -> tuple[np.ndarray, np.ndarray]:
    points, source, target = landmarks(), [], []
    for (name, first), numbers in JOINTS.items():
        for side in ("L", "R"):
            own = name.replace(".L", f".{side}")
            joint = bones[own].head if first else bones[own].tail
            if side == "R" and abs(joint.x) < 1e-4:  # in the middle: one joint of both sides
                continue
            source.append(joint)
            chosen = [MIRROR.get(number, number) if side == "R" else number for number in numbers]
            target.append(points[chosen].mean(0))
    for side, numbers in zip("LR", characters.head().accessories.eyeballs, strict=True):
        source.append(bones[f"eye.{side}"].head)
        target.append(keys.to_blender(numbers[:3]))
    return np.array(source, float), np.array(target, float)


def _warp(source: np.ndarray, target: np.ndarray):
    """An affine map with a linear radial part that takes each source point (N, 3) to its target."""

    def design(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        far = np.linalg.norm(points[:, None] - source[None], axis=2)
        return far, np.concatenate([np.ones((len(points), 1)), points], 1)

    far, plain = design(source)
    top = np.concatenate([far, plain], 1)
    bottom = np.concatenate([plain.T, np.zeros((4, 4))], 1)
    solved = np.linalg.solve(np.concatenate([top, bottom]), np.concatenate([target, np.zeros((4, 3))]))
    return lambda points: np.concatenate(design(np.asarray(points, float)), 1) @ solved


def rigify_face(with_keys: bool = True) -> bpy.types.Object:
    """The head on a generated rig; with_keys: with the 52 channels as shape keys, as binding gives them."""
    enable()
    plan = metarig()
    bpy.ops.pose.rigify_generate()
    rig = bpy.context.object
    bpy.data.objects.remove(plan)
    shapes = {name: {name: 1.0} for name in ARKIT} if with_keys else {}
    obj = characters.face("Rigify", shapes, (*characters.SKIN, "tongue"))
    for other in bpy.context.selected_objects:
        other.select_set(False)
    obj.select_set(True)
    rig.select_set(True)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.parent_set(type="ARMATURE_AUTO")
    for side, number in (("L", 0), ("R", 1)):
        ball = characters.eyeball(f"Eye.{side}", number, False)
        place = ball.matrix_world.copy()
        ball.parent, ball.parent_type, ball.parent_bone = rig, "BONE", f"MCH-eye.{side}"
        ball.matrix_world = place
    bpy.context.view_layer.objects.active = obj
    return obj
