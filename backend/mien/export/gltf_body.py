# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of a take in a glTF file: a tree of nodes named as the joints, animated, which carries the head.

The nodes have no mesh: another program retargets their animation to its own body. The middle of the pelvis is so low
that the head at rest stays where it is in a file without a body.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from mien.body.skeleton import JOINTS, PARENTS, REST
from mien.take import Take

CARRIER = "neck"  # the joint that the head's root hangs on
LEFT_OUT = ("head",)  # the head file has its own


def add_body(content: dict, take: Take, buffer, root: int) -> None:
    """Append nodes and animation to a file's content; `root`, the node of the head's skeleton, becomes a child.
    A take without joints adds nothing. `buffer`: its `add` of `export/gltf.py`."""
    if take.joints is None:
        return
    nodes, names = content["nodes"], [name for name in JOINTS if name not in LEFT_OUT]
    number = {name: len(nodes) + 1 + place for place, name in enumerate(names)}
    nodes.append({"name": "body", "translation": (-REST[CARRIER]).tolist(), "children": [number["hips"]]})
    for name in names:
        parent = PARENTS[name]
        children = [number[child] for child in names if PARENTS[child] == name]
        children += [root] if name == CARRIER else []
        node = {"name": name, "translation": (REST[name] - (REST[parent] if parent else 0.0)).tolist()}
        nodes.append(node | ({"children": children} if children else {}))
    shown = content["scenes"][0]["nodes"]
    shown[shown.index(root)] = number["hips"] - 1
    animation = content["animations"][0]
    times = animation["samplers"][0]["input"]
    for row, name in enumerate(take.joint_names):
        if name in number:
            sampler = {"input": times, "output": buffer.add(quaternions(take.joints[:, row]), "VEC4")}
            animation["samplers"].append(sampler | {"interpolation": "LINEAR"})
            target = {"node": number[name], "path": "rotation"}
            animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})


def quaternions(vectors: np.ndarray) -> np.ndarray:
    """(F, 4) x, y, z, w of rotation vectors (F, 3), without changes of sign between frames."""
    found = Rotation.from_rotvec(np.asarray(vectors, float)).as_quat()
    flips = np.cumprod(np.where((found[1:] * found[:-1]).sum(1) < 0, -1.0, 1.0))
    found[1:] *= flips[:, None]
    return found.astype(np.float32)
