# SPDX-License-Identifier: GPL-3.0-or-later
"""Which face of a picture is meant: the same two flags for every command that looks for one."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.face_tracking.choice import FaceChoice


def add_face_flags(
    command: argparse.ArgumentParser, former: str | None = None, of: str = "first frame with it"
) -> None:
    """Add --face-number and --at. former: what --face-number was called before, which goes on to be understood, unsaid.
    of: whose pixels --at counts."""
    names = ("--face-number", *(() if former is None else (former,)))
    for name in names:
        command.add_argument(
            name, dest="face_number", type=int, default=None, metavar="N",
            help="the Nth largest face (default: the largest)" if name == names[0] else argparse.SUPPRESS,
        )  # fmt: skip
    command.add_argument("--at", type=_point, metavar="X,Y", help=f"the face at this pixel of the {of}")


def face_choice(args: argparse.Namespace) -> FaceChoice:
    """What the flags mean. ChoiceError for a number under 1, or for both."""
    from mien.face_tracking.choice import FaceChoice

    return FaceChoice(1 if args.face_number is None else args.face_number, args.at)


def _point(text: str) -> tuple[float, float]:
    number = r"[0-9]{1,6}(?:\.[0-9]+)?"
    if not re.fullmatch(f"{number},{number}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no point; write pixels from the left and the top, as 640,360")
    x, y = map(float, text.split(","))
    return x, y
