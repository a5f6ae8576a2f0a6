# SPDX-License-Identifier: GPL-3.0-or-later
"""The body file: the default body without its head, its joints and skin weights. numpy alone; no bpy."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .head_file import HeadError, find_file, read_format

FILE = "body.safetensors"
FORMAT, FORMAT_VERSION = "mien.body", "1"
NEEDED = ("vertices", "quads", "quad_material", "joint_rows", "joint_weights", "joints")


@dataclass(frozen=True, eq=False)
class BodyFile:
    """vertices (V, 3) metres, x to the body's left, y up, z to the front, from the middle of the pelvis; quads (Q, 4);
    quad_material (Q,) indices into materials; joints: name -> (3,) in its rest place; parents: name -> name, '' for
    the first; joint_rows (V, 4) and joint_weights (V, 4): which joints, in that order, carry a vertex, and how much."""

    vertices: np.ndarray
    quads: np.ndarray
    quad_material: np.ndarray
    materials: tuple[dict, ...]
    joints: dict[str, np.ndarray]
    parents: dict[str, str]
    joint_rows: np.ndarray
    joint_weights: np.ndarray


def read_body(path: Path | None = None) -> BodyFile:
    """The body of a file, by default the one beside the head's. Raises HeadError."""
    path = path or find_file().with_name(FILE)
    tensors, meta = read_format(path, FORMAT, FORMAT_VERSION, NEEDED)
    try:
        names, parents = json.loads(meta["joint_names"]), json.loads(meta["joint_parents"])
        materials = tuple(json.loads(meta["materials"]))
        joints = dict(zip(names, tensors["joints"], strict=True))
        return BodyFile(
            tensors["vertices"], tensors["quads"], tensors["quad_material"], materials, joints,
            dict(zip(names, parents, strict=True)), tensors["joint_rows"], tensors["joint_weights"],
        )  # fmt: skip
    except (KeyError, ValueError) as error:
        raise HeadError(f"{path.name} is damaged ({error}); install the extension again.") from None
