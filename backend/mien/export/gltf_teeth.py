# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's teeth in a .glb: a mesh that the neck carries, whose lower row has the jaw's morph targets."""

from __future__ import annotations

import numpy as np

from mien.export.blendshape_rig import BlendshapeRig
from mien.heads.correspondence import vertex_normals
from mien.heads.default import Head

VERTICES, INDICES = 34962, 34963  # targets of a buffer view
MATERIALS = (("enamel", (0.80, 0.76, 0.68), 0.22), ("gum", (0.48, 0.17, 0.16), 0.35))  # linear RGB and roughness


def add_teeth(content: dict, head: Head, rig: BlendshapeRig, buffer, neck: int) -> None:
    """Append mesh, materials and animation to a file's content; `neck`: the node that carries the teeth. A take
    without the jaw's channels, as one of vertices, adds nothing. `buffer`: its `add` of `export/gltf.py`."""
    if not set(head.teeth_channels) <= set(rig.names):
        return
    triangles = np.concatenate([head.teeth_quads[:, [0, 1, 2]], head.teeth_quads[:, [0, 2, 3]]])
    attributes = {
        "POSITION": buffer.add(head.teeth_vertices - rig.pivot, "VEC3", VERTICES, bounds=True),
        "NORMAL": buffer.add(vertex_normals(head.teeth_vertices, triangles), "VEC3", VERTICES),
    }
    targets = [{"POSITION": buffer.add(delta, "VEC3", VERTICES, bounds=True)} for delta in head.teeth_deltas]
    gum, primitives = head.teeth_gum[triangles[:, 0]] == 1, []
    for material, chosen in zip(MATERIALS, (~gum, gum), strict=True):
        primitives.append(
            {
                "attributes": attributes,
                "indices": buffer.add(triangles[chosen].reshape(-1).astype(np.uint32), "SCALAR", INDICES),
                "material": len(content["materials"]),
                "targets": targets,
            }
        )
        name, colour, roughness = material
        surface = {"baseColorFactor": [*colour, 1.0], "metallicFactor": 0.0, "roughnessFactor": roughness}
        content["materials"].append({"name": name, "pbrMetallicRoughness": surface})
    node, mesh = len(content["nodes"]), len(content["meshes"])
    content["nodes"][neck].setdefault("children", []).append(node)
    content["nodes"].append({"name": "teeth", "mesh": mesh})
    content["meshes"].append(
        {
            "name": "teeth",
            "primitives": primitives,
            "weights": [0.0] * len(targets),
            "extras": {"targetNames": list(head.teeth_channels)},
        }
    )
    weights = rig.weights[:, [rig.names.index(channel) for channel in head.teeth_channels]]
    animation = content["animations"][0]
    sampler = {"input": animation["samplers"][0]["input"], "output": buffer.add(weights.reshape(-1), "SCALAR")}
    animation["samplers"].append(sampler | {"interpolation": "LINEAR"})
    animation["channels"].append(
        {"sampler": len(animation["samplers"]) - 1, "target": {"node": node, "path": "weights"}}
    )
