# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces of bones with the names and habits of Auto-Rig Pro and of MetaHuman's board, and one whose names nobody knows:
Mien's head, with weights that fall off around each bone."""

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Vector

from addon.formats.channels import ARKIT
from addon.shape_keys import keys

from . import characters
from .rigify_face import landmarks

# name: (landmarks of iBUG's 68 it is between, parent: jaw or head). Middle, then the character's left; the right is its
# mirror image.
MIDDLE = {"lip_top": ((51, 62), "head"), "lip_bottom": ((57, 66), "jaw"), "chin": ((8, 57), "jaw"),
          "nose": ((30, 33), "head")}  # fmt: skip
LEFT = {
    "lip_top": ((52, 63), "head"), "lip_bottom": ((56, 65), "jaw"), "lip_corner": ((54, 64), "head"),
    "lid_top": ((43, 44), "head"), "lid_bottom": ((46, 47), "head"), "brow_inner": ((22, 22), "head"),
    "brow_middle": ((24, 24), "head"), "brow_outer": ((26, 26), "head"), "cheek": ((46, 54, 13), "head"),
    "nostril": ((35, 35), "head"),
}  # fmt: skip
OTHER_SIDE = {22: 21, 24: 19, 26: 17, 35: 31, 43: 38, 44: 37, 46: 41, 47: 40, 52: 50, 54: 48, 56: 58, 63: 61, 64: 60,
              65: 67, 13: 3}  # fmt: skip
LIDS = {"lid_top": "eyeBlink", "lid_bottom": "eyeSquint"}
WIDE = {"cheek": 0.02, "chin": 0.02}  # m: how far the weights of a bone go
NARROW = 0.011
EYE = 0.03  # m: lids are around it


def places() -> dict[tuple[str, str], tuple[np.ndarray, str]]:
    """(part, side) -> (place, parent); side L, R or '' for the middle."""
    points = landmarks()
    out = {(part, ""): (points[list(numbers)].mean(0), parent) for part, (numbers, parent) in MIDDLE.items()}
    for part, (numbers, parent) in LEFT.items():
        out[part, "L"] = points[list(numbers)].mean(0), parent
        out[part, "R"] = points[[OTHER_SIDE[number] for number in numbers]].mean(0), parent
    return out


def face_of_bones(name: str, names: dict[tuple[str, str], str], head: str, jaw: str) -> bpy.types.Object:
    """The head on an armature; names: (part, side) -> bone, of those that are wanted."""
    source = characters.head()
    obj = characters.face(name, {channel: {channel: 1.0} for channel in ARKIT}, (*characters.SKIN, "tongue"))
    pivot = keys.to_blender(source.pivot)
    bones = {head: (tuple(pivot), (0.0, 0.0, 0.25)), jaw: ((0.0, -0.02, 0.11), (0.0, -0.11, 0.04))}
    parents = {jaw: head}
    spots = {key: spot for key, spot in places().items() if key in names}
    for key, (place, parent) in spots.items():
        bones[names[key]] = tuple(place), (place[0], place[1] - 0.012, place[2])
        parents[names[key]] = jaw if parent == "jaw" else head
    rig = characters.armature(f"{name}_rig", bones, parents)
    for bone in rig.pose.bones:
        bone.rotation_mode = "XYZ"
    _weigh(obj, spots, names, head, jaw)
    obj.modifiers.new("Armature", "ARMATURE").object = rig
    obj.parent = rig
    bpy.context.view_layer.objects.active = obj
    return obj


def _weigh(obj: bpy.types.Object, spots, names, head: str, jaw: str) -> None:
    rest = keys.rest(obj.data)
    lower = np.clip(_moved(obj, "jawOpen") * 1.25, 0.0, 1.0)  # what goes with the jaw
    parts = {}
    for key, (place, parent) in spots.items():
        if key[0] in LIDS:  # painted by what a lid moves, as lids are
            side = "Left" if key[1] == "L" else "Right"
            own = _moved(obj, f"{LIDS[key[0]]}{side}") * (np.linalg.norm(rest - place, axis=1) < EYE)
            parts[names[key]] = own / own.max()
            continue
        near = np.exp(-((np.linalg.norm(rest - place, axis=1) / WIDE.get(key[0], NARROW)) ** 2))
        of_corner = key[0] in ("lip_corner", "cheek")
        parts[names[key]] = near * (1.0 if of_corner else lower if parent == "jaw" else 1.0 - lower)
    total = sum(parts.values())
    scale = np.minimum(1.0, 0.95 / np.maximum(total, 1e-9))
    parts = {bone: weights * scale for bone, weights in parts.items()}
    left = 1.0 - sum(parts.values())
    for bone, weights in {**parts, head: left * (1.0 - lower), jaw: left * lower}.items():
        group = obj.vertex_groups.new(name=bone)
        for number in np.flatnonzero(weights > 1e-3).tolist():
            group.add([number], float(weights[number]), "REPLACE")


def _moved(obj: bpy.types.Object, channel: str) -> np.ndarray:
    """(V,) how far a channel moves each vertex, 1 for the farthest."""
    rest = keys.rest(obj.data)
    points = np.empty(rest.size, np.float32)
    obj.data.shape_keys.key_blocks[channel].points.foreach_get("co", points)
    far = np.linalg.norm(points.reshape(rest.shape) - rest, axis=1)
    return far / far.max()


ARP = {
    ("lip_top", ""): "c_lips_top.x", ("lip_bottom", ""): "c_lips_bot.x", ("chin", ""): "c_chin_01.x",
    ("nose", ""): "c_nose_03.x", ("lip_top", "L"): "c_lips_top_01.l", ("lip_bottom", "L"): "c_lips_bot_01.l",
    ("lip_corner", "L"): "c_lips_smile.l", ("lid_top", "L"): "c_eyelid_top.l", ("lid_bottom", "L"): "c_eyelid_bot.l",
    ("brow_inner", "L"): "c_eyebrow_01.l", ("brow_middle", "L"): "c_eyebrow_02.l",
    ("brow_outer", "L"): "c_eyebrow_03.l", ("cheek", "L"): "c_cheek_inflate.l",
}  # fmt: skip


def auto_rig_pro_like() -> bpy.types.Object:
    """Bones named as Auto-Rig Pro names a face's, which carry it themselves."""
    names = {**ARP, **{(part, "R"): f"{bone[:-1]}r" for (part, side), bone in ARP.items() if side}}
    return face_of_bones("ARP", names, "head.x", "c_jawbone.x")


def unknown_names() -> bpy.types.Object:
    """The same bones under names of no system; two of them follow others that carry nothing."""
    keys_of = places()
    names = {key: f"bone{number:02d}" for number, key in enumerate(keys_of)}
    obj = face_of_bones("Unknown", names, "skull", "under")
    rig = obj.parent
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for side in "LR":
        carried = rig.data.edit_bones[names["lid_top", side]]
        handle = rig.data.edit_bones.new(f"handle{side}")
        handle.head, handle.tail, handle.parent = carried.head, carried.tail, carried.parent
    bpy.ops.object.mode_set(mode="OBJECT")
    for side in "LR":
        follow = rig.pose.bones[names["lid_top", side]].constraints.new("COPY_TRANSFORMS")
        follow.target, follow.subtarget = rig, f"handle{side}"
    bpy.context.view_layer.objects.active = obj
    return obj


# The board: control -> axis -> what moves: (part, channel of its transform, of which axis, amount at 1).
BOARD = {
    "CTRL_C_jaw": {"y": [("jaw", "rotation_euler", 0, 0.5)], "x": [("jaw", "rotation_euler", 2, 0.2)]},
    "CTRL_C_mouth": {"x": [(part, "location", 0, 0.012) for part in ("lip_top", "lip_bottom")]},
    "CTRL_{s}_mouth_cornerPull": {"y": [("lip_corner", "location", 2, 0.012), ("lip_corner", "location", 0, 0.01),
                                        ("cheek", "location", 2, 0.004)]},
    "CTRL_{s}_mouth_cornerDepress": {"y": [("lip_corner", "location", 2, -0.01)]},
    "CTRL_{s}_mouth_stretch": {"y": [("lip_corner", "location", 0, 0.012)]},
    "CTRL_{s}_mouth_upperLipRaise": {"y": [("lip_top", "location", 2, 0.008)]},
    "CTRL_{s}_mouth_lowerLipDepress": {"y": [("lip_bottom", "location", 2, -0.01)]},
    "CTRL_{s}_mouth_purseU": {"y": [("lip_top", "location", 1, 0.008), ("lip_corner", "location", 0, -0.012)]},
    "CTRL_{s}_mouth_purseD": {"y": [("lip_bottom", "location", 1, 0.008), ("lip_corner", "location", 0, -0.012)]},
    "CTRL_{s}_mouth_lipsTogetherD": {"y": [("lip_bottom", "location", 2, 0.025)]},
    "CTRL_{s}_eye_blink": {"y": [("lid_top", "location", 2, -0.015)]},
    "CTRL_{s}_eye_squintInner": {"y": [("lid_bottom", "location", 2, 0.005)]},
    "CTRL_{s}_brow_raiseIn": {"y": [("brow_inner", "location", 2, 0.012)]},
    "CTRL_{s}_brow_raiseOut": {"y": [("brow_outer", "location", 2, 0.012), ("brow_middle", "location", 2, 0.01)]},
    "CTRL_{s}_brow_down": {"y": [("brow_inner", "location", 2, -0.01), ("brow_middle", "location", 2, -0.008)]},
    "CTRL_{s}_nose": {"y": [("nostril", "location", 2, 0.006)]},
}  # fmt: skip


def board_like() -> bpy.types.Object:
    """Bones that drivers move, by controls that slide on a board beside the face, as MetaHuman's: from 0 to 1, or from
    -1 to 1. Some sliders have limits, the drivers of the others stop."""
    parts = places()
    names = {(part, side): f"FACIAL_{side or 'C'}_{part}" for part, side in parts}
    obj = face_of_bones("Board", names, "FACIAL_C_Root", "FACIAL_C_jaw")
    rig = obj.parent
    names["jaw", ""] = "FACIAL_C_jaw"
    sliders = {}
    for number, control in enumerate(BOARD):
        for side in "LR" if "{s}" in control else ("",):
            across = {"L": 1.0, "R": -1.0, "": 0.0}[side]
            sliders[control.format(s=side)] = (0.6 + 0.05 * across, 0.0, 0.02 * number)
    board = characters.armature(
        "face_gui", {name: (at, (at[0], at[1], at[2] + 0.01)) for name, at in sliders.items()}, {}
    )
    for control, axes in BOARD.items():
        for side in "LR" if "{s}" in control else ("",):
            slider = board.pose.bones[control.format(s=side)]
            slider.lock_location = [axis not in axes for axis in "xyz"]
            slider.lock_rotation = slider.lock_scale = (True, True, True)
            two_sided = "x" in axes or control.endswith(("blink", "jaw"))
            if control.endswith(("blink", "Pull", "jaw")):
                limit = slider.constraints.new("LIMIT_LOCATION")
                limit.use_min_y = limit.use_max_y = True
                limit.min_y, limit.max_y, limit.owner_space = (-1.0 if two_sided else 0.0), 1.0, "LOCAL"
            for axis, moves in axes.items():
                for part, path, index, amount in moves:
                    moved = [key for key in names if key[0] == part and (key[1] == side or not side or not key[1])]
                    for key in moved:
                        _drive(rig, names[key], path, index, amount, board, slider.name, axis, key[1] or side)
    bpy.context.view_layer.objects.active = obj
    return obj


def _drive(
    rig: bpy.types.Object,
    bone: str,
    path: str,
    index: int,
    amount: float,
    board: bpy.types.Object,
    slider: str,
    axis: str,
    side: str,
) -> None:
    """Add a slider's share to the driver of a bone's transform, given along world axes."""
    pose = rig.pose.bones[bone]
    if path == "location":
        along: Sequence[float] = pose.bone.matrix_local.to_3x3().inverted() @ Vector(
            [float(number == index) for number in range(3)]
        )
        sign = -1.0 if index == 0 and side == "R" and "mouth_" in slider else 1.0
        shares = [sign * amount * float(value) * (-1.0 if index == 1 else 1.0) for value in along]
    else:
        shares = [amount if number == index else 0.0 for number in range(3)]
    for number, share in enumerate(shares):
        if abs(share) < 1e-6:
            continue
        drivers = rig.animation_data.drivers if rig.animation_data is not None else []
        known = {(curve.data_path, curve.array_index): curve for curve in drivers}
        curve = known.get((f'pose.bones["{bone}"].{path}', number)) or pose.driver_add(path, number)
        driver = curve.driver
        if not driver.variables:
            driver.expression = "0"
        variable = driver.variables.new()
        variable.name = f"v{len(driver.variables)}"
        variable.type = "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.bone_target = board, slider
        target.transform_type, target.transform_space = f"LOC_{axis.upper()}", "LOCAL_SPACE"
        driver.expression += f" + {share:.6f} * max(-1, min(1, {variable.name}))"
