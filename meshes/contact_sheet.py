# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw meshes/contact_sheet.png: the default head with each of its 52 channels at weight 1.

python meshes/contact_sheet.py        (needs mien installed, Pillow, and EGL or another OpenGL)
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import numpy as np
import pyrender
from mien.heads.default import Head, load_head
from PIL import Image, ImageDraw, ImageFont

COLUMNS, WIDTH, HEIGHT, LABEL = 7, 236, 236, 32  # tiles across; pixels of a tile's picture and of its name
SUPERSAMPLING = 2  # each tile is drawn this many times larger and reduced: smooth edges
VIEWS = {  # what the camera looks at, where it stands from there (metres), its vertical field of view (radians)
    "face": ((0.0, 0.100, 0.10), (0.0, 0.03, 0.75), 0.27),
    "eyes": ((0.0, 0.132, 0.11), (0.0, 0.03, 0.75), 0.18),
    "mouth": ((0.0, 0.072, 0.11), (0.0, 0.03, 0.75), 0.19),
    "side": ((0.0, 0.084, 0.11), (0.52, 0.03, 0.54), 0.21),
}
FROM_THE_SIDE = {"jawForward", "mouthPucker", "mouthFunnel", "tongueOut", "cheekPuff"}  # these come out of the face
WITH = {"mouthClose": {"jawOpen": 1.0}, "tongueOut": {"jawOpen": 0.25}}  # mean nothing in a closed mouth
LIGHTS = (((-0.5, 0.9, 0.6), 2.7), ((0.9, 0.1, 0.5), 1.0), ((0.0, -0.6, 0.6), 0.4))  # direction, strength
GROUND = (0.93, 0.94, 0.95)


def toward(eye: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) pose of a camera or light at `eye` that looks at `target`, y up."""
    z = (eye - target) / np.linalg.norm(eye - target)
    x = np.cross((0.0, 1.0, 0.0), z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3] = np.stack([x, np.cross(z, x), z, eye], 1)
    return pose


def surface(head: Head, vertices: np.ndarray) -> pyrender.Mesh:
    """The head in its materials, shaded smoothly."""
    triangles = np.concatenate([head.quads[:, [0, 1, 2]], head.quads[:, [0, 2, 3]]])
    material = np.tile(head.quad_material, 2)
    p, q, r = (vertices[triangles[:, k]] for k in range(3))
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, triangles[:, k], np.cross(q - p, r - p))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    pieces = []
    for index, entry in enumerate(head.materials):
        corners = triangles[material == index].ravel()
        paint = pyrender.MetallicRoughnessMaterial(
            baseColorFactor=(*entry["colour"], 1.0), roughnessFactor=entry["roughness"], metallicFactor=0.0
        )
        pieces.append(pyrender.Primitive(positions=vertices[corners], normals=normals[corners], material=paint))
    return pyrender.Mesh(pieces)


def view_of(name: str) -> str:
    """The view that shows best what a channel does."""
    if name in FROM_THE_SIDE:
        return "side"
    if name == "neutral":
        return "face"
    return "mouth" if name.startswith(("mouth", "jaw")) else "eyes"


def tile(renderer: pyrender.OffscreenRenderer, head: Head, weights: dict[str, float], view: str) -> Image.Image:
    """One picture of the head at `weights` (channel name -> value)."""
    values = np.zeros(len(head.channels), np.float32)
    values[head.order(list(weights))] = list(weights.values())
    scene = pyrender.Scene(bg_color=(*GROUND, 1.0), ambient_light=(0.22, 0.22, 0.24))
    scene.add(surface(head, head.pose(values)))
    centre, stand, field = np.array(VIEWS[view][0]), *VIEWS[view][1:]
    for direction, strength in LIGHTS:
        light = pyrender.DirectionalLight(color=np.ones(3), intensity=strength)
        scene.add(light, pose=toward(centre + direction, centre))
    camera = pyrender.PerspectiveCamera(yfov=field, aspectRatio=WIDTH / HEIGHT, znear=0.05, zfar=5.0)
    scene.add(camera, pose=toward(centre + stand, centre))
    rendered = renderer.render(scene)
    assert rendered is not None, "pyrender returns None for depth alone"
    return Image.fromarray(rendered[0]).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("contact_sheet.png"))
    args = parser.parse_args()
    head = load_head()
    rows = -(-(len(head.channels) + 1) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * WIDTH, rows * (HEIGHT + LABEL)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(21)
    renderer = pyrender.OffscreenRenderer(WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING)
    for i, name in enumerate(["neutral", *head.channels]):
        weights = {} if name == "neutral" else {name: 1.0, **WITH.get(name, {})}
        x, y = i % COLUMNS * WIDTH, i // COLUMNS * (HEIGHT + LABEL)
        sheet.paste(tile(renderer, head, weights, view_of(name)), (x, y))
        text = name + "".join(f" + {other}" for other in WITH.get(name, ()))
        draw.text((x + WIDTH / 2, y + HEIGHT + LABEL / 2), text, "black", font, anchor="mm")
    renderer.delete()
    sheet.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(args.out, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
