# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw meshes/contact_sheet.png: the default head with each of its 52 channels at weight 1, as the preview draws it.

python meshes/contact_sheet.py        (needs mien installed, Pillow, and EGL or another OpenGL)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from mien.preview.scene import Scene
from PIL import Image, ImageDraw, ImageFont

COLUMNS, SIDE, LABEL = 7, 236, 32  # tiles across; pixels of a tile's picture and of its name
PICTURE = 1100  # pixels of what the tiles are cut out of
# What a tile shows of the picture: left, top and side, as shares of it
VIEWS = {
    "face": (0.14, 0.12, 0.72), "eyes": (0.28, 0.27, 0.44), "mouth": (0.30, 0.52, 0.40), "side": (0.06, 0.42, 0.48)
}  # fmt: skip
TURN = 0.75  # radians to the head's right, of the side
FROM_THE_SIDE = {"jawForward", "mouthPucker", "mouthFunnel", "tongueOut", "cheekPuff"}  # these come out of the face
WITH = {"mouthClose": {"jawOpen": 1.0}, "tongueOut": {"jawOpen": 0.25}}  # mean nothing in a closed mouth


def view_of(name: str) -> str:
    """The view that shows best what a channel does."""
    if name in FROM_THE_SIDE:
        return "side"
    if name == "neutral":
        return "face"
    return "mouth" if name.startswith(("mouth", "jaw")) else "eyes"


def tile(scene: Scene, weights: dict[str, float], view: str) -> Image.Image:
    """One picture of the head at `weights` (channel name -> value)."""
    head = scene.head
    values = np.zeros(len(head.channels), np.float32)
    values[head.order(list(weights))] = list(weights.values())
    turn = np.array([0.0, -TURN if view == "side" else 0.0, 0.0], np.float32)
    left, top, side = (share * PICTURE for share in VIEWS[view])
    whole = Image.fromarray(scene.picture(head.pose(values, turn), values))
    return whole.resize((SIDE, SIDE), Image.Resampling.LANCZOS, (left, top, left + side, top + side))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("contact_sheet.png"))
    args = parser.parse_args()
    with Scene((PICTURE, PICTURE)) as scene:
        names = ["neutral", *scene.head.channels]
        rows = -(-len(names) // COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * SIDE, rows * (SIDE + LABEL)), "white")
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(21)
        for i, name in enumerate(names):
            weights = {} if name == "neutral" else {name: 1.0, **WITH.get(name, {})}
            x, y = i % COLUMNS * SIDE, i // COLUMNS * (SIDE + LABEL)
            sheet.paste(tile(scene, weights, view_of(name)), (x, y))
            text = name + "".join(f" + {other}" for other in WITH.get(name, ()))
            draw.text((x + SIDE / 2, y + SIDE + LABEL / 2), text, "black", font, anchor="mm")
    sheet.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(args.out, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
