# SPDX-License-Identifier: GPL-3.0-or-later
"""The Thin-Plate-Spline motion model (Zhao and Zhang, CVPR 2022, arXiv 2203.14367) on the user's own weights.

`network.py` is the whole of it, built of `key_points.py`, `background.py`, `dense_motion.py`, `inpainting.py` and
`avatar_motion.py`; `renderer.py` draws a photo by it,
`reenactment.py` as a film moves. Pictures are (B, 3, H, W) of 0..1; points are (x, y) of -1..1
with the centres of the outermost pixels at -1 and 1.
"""

from __future__ import annotations

from pathlib import Path

from mien.engines.base import Import, Missing, UserModel

NAME = "tps"
FOLDER = Path("engines") / NAME  # in the data folder; a file for each checkpoint
CHECKPOINT = ".pth.tar"
LICENCE_NAME = "MIT (the code's; none of their own comes with the weights)"
PAGE = "https://github.com/yoyo-nb/Thin-Plate-Spline-Motion-Model"
NEEDED = (
    "The weights of the Thin-Plate-Spline motion model are the user's own to bring: download vox.pth.tar (faces) or "
    f"ted.pth.tar (talks) as the README of {PAGE} says, and run: mien models import FILE"
)


def weights_in(data_folder: Path) -> list[Path]:
    """The imported weights, by name."""
    return sorted((data_folder / FOLDER).glob("*.safetensors"))


def missing_in(data_folder: Path) -> tuple[Missing, ...]:
    """What the motion model lacks with this data folder."""
    return () if weights_in(data_folder) else (Missing(f"{NEEDED}.", PAGE),)


def find(path: Path) -> Import | None:
    """The checkpoint in a user's file or folder; errors as `download.find`."""
    from mien.engines.diffted.published.tps import download

    return download.find(path)


USER_MODEL = UserModel(
    name=NAME,
    description="Thin-Plate-Spline motion model: a photo moved by key points, slow without a GPU",
    licence=LICENCE_NAME,
    path=FOLDER / "vox.safetensors",
    missing=missing_in,
    find=find,
    files=CHECKPOINT,
    owner="the Thin-Plate-Spline motion model",
)
