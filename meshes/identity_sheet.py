# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/identities.jpg: the twelve identities with their hair, at rest and smiling.

python meshes/identity_sheet.py        (needs mien installed and EGL or another OpenGL)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from mien.heads.identity import load_identity, names
from mien.preview.scene import Scene
from PIL import Image, ImageDraw, ImageFont

COLUMNS, SIDE, LABEL = 6, 300, 28  # identities in a row; pixels of a picture and of its name
SUPERSAMPLING = 2
SMILE = {"mouthSmile": 0.8, "cheekSquint": 0.5, "mouthUpperUp": 0.4, "mouthLowerDown": 0.3, "eyeSquint": 0.2}
TURNS = {"rest": 0.12, "smile": -0.35}  # radians to the head's left


def pictures(name: str) -> list[Image.Image]:
    """The identity at rest, and smiling with its head turned."""
    out = []
    identity = load_identity(name)
    head = identity.head
    with Scene((SIDE * SUPERSAMPLING, SIDE * SUPERSAMPLING), identity=identity) as scene:
        for pose, weights in (("rest", {}), ("smile", SMILE)):
            values = np.zeros(len(head.channels), np.float32)
            for channel, value in weights.items():
                values[head.order([f"{channel}Left", f"{channel}Right"])] = value
            face = head.pose(values, np.array([0.0, TURNS[pose], 0.0], np.float32))
            out.append(Image.fromarray(scene.picture(face, values)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "identities.jpg")
    args = parser.parse_args()
    rows = -(-len(names()) // COLUMNS)
    height = 2 * SIDE + LABEL
    sheet = Image.new("RGB", (COLUMNS * SIDE, rows * height), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for i, name in enumerate(names()):
        x, y = i % COLUMNS * SIDE, i // COLUMNS * height
        for row, picture in enumerate(pictures(name)):
            sheet.paste(picture, (x, y + row * SIDE))
        draw.text((x + SIDE / 2, y + 2 * SIDE + LABEL / 2), name, "black", font, anchor="mm")
    sheet.save(args.out, quality=88, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
