# SPDX-License-Identifier: GPL-3.0-or-later
"""BVH of a take's body: the skeleton at rest and its joints' rotations, as motion capture has them (Biovision; Meredith
and Maddock, Motion Capture File Formats Explained, 2001). Centimetres, y up, z to the front; the head's own rotation is
that of its neck and head, half each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from mien.body.skeleton import JOINTS, PARENTS, REST
from mien.export.errors import ExportError
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take

CENTIMETRES = 100.0
ORDER = "ZXY"  # of the channels: intrinsic rotations
HEAD_TOP, FOOT = np.array([0.0, 0.18, 0.0]), np.array([0.0, -0.05, 0.13])  # m, where the last bones end
LAST = 0.8  # length of a finger's last bone, of that before


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """ExportError for a take without gestures. `head` is of no matter."""
    turns = rotations(take)
    names = in_hierarchy()
    lines = ["HIERARCHY", *_joint("hips", 0), "MOTION", f"Frames: {take.frames}"]
    lines.append(f"Frame Time: {float(1 / take.fps):.8f}")
    place = " ".join(f"{value:.4f}" for value in CENTIMETRES * REST["hips"])
    angles = np.stack([turns[name].as_euler(ORDER, degrees=True) for name in names], 1).reshape(take.frames, -1)
    lines += [place + " " + " ".join(f"{value:.4f}" for value in row) for row in angles]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def rotations(take: Take) -> dict[str, Rotation]:
    """joint -> its rotations (F,) on top of its parent's. ExportError for a take without gestures."""
    if take.joints is None:
        raise ExportError("the take has no gestures; make it with 'mien speak --gestures' to have a body to write.")
    rows = {name: number for number, name in enumerate(take.joint_names)}
    still = np.zeros((take.frames, 3))
    turns = {
        name: Rotation.from_rotvec(np.asarray(take.joints[:, rows[name]], float) if name in rows else still)
        for name in JOINTS
    }
    pitch, yaw, roll = np.asarray(take.head_rotation, float).T
    # R = Ry(yaw) Rx(pitch) Rz(roll) of head space
    whole = Rotation.from_euler("YXZ", np.stack([yaw, pitch, roll], 1))
    half = Rotation.from_rotvec(whole.as_rotvec() / 2)
    return turns | {"neck": turns["neck"] * half, "head": turns["head"] * half}


def in_hierarchy(root: str = "hips") -> list[str]:
    """The joints in the order in which a BVH file names them, depth first."""
    return [root, *(name for child in JOINTS if PARENTS[child] == root for name in in_hierarchy(child))]


def _joint(name: str, depth: int) -> list[str]:
    parent, pad = PARENTS[name], "\t" * depth
    start = REST[name] - (REST[parent] if parent else 0.0)
    channels = "6 Xposition Yposition Zposition" if parent is None else "3"
    lines = [
        f"{pad}{'JOINT' if parent else 'ROOT'} {name}",
        pad + "{",
        f"{pad}\tOFFSET {_vector(start)}",
        f"{pad}\tCHANNELS {channels} Zrotation Xrotation Yrotation",
    ]
    children = [child for child in JOINTS if PARENTS[child] == name]
    for child in children:
        lines += _joint(child, depth + 1)
    if not children:
        end = HEAD_TOP if name == "head" else FOOT if name.endswith("foot") else LAST * start
        lines += [f"{pad}\tEnd Site", pad + "\t{", f"{pad}\t\tOFFSET {_vector(end)}", pad + "\t}"]
    return [*lines, pad + "}"]


def _vector(metres: np.ndarray) -> str:
    return " ".join(f"{value:.4f}" for value in CENTIMETRES * metres)
