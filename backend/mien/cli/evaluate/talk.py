# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate talk`: how good the pictures of a talking body are."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.engines.base import part

if TYPE_CHECKING:
    import numpy as np

SECTION = "talk"  # of the page


def add_commands(evaluate) -> None:
    """Add `talk` to the commands of `mien evaluate`."""
    talk = add_command(
        evaluate, "talk", talk_command, "clips re-enacted from their first frames; half-length photos in exercise"
    )
    talk.add_argument("files", type=Path, nargs="+", metavar="CLIP|PHOTO", help="of one person, head to hands")
    talk.add_argument("--size", type=int, default=512, help="pixels of the longer side (default: 512)")
    talk.add_argument("--seconds", type=float, default=3.0, help="of the face's performance (default: 3)")
    talk.add_argument("--part", type=float, default=2.4, help="seconds of a clip that are one row (default: 2.4)")
    talk.add_argument("--step", type=int, default=6, metavar="N", help="every Nth frame of a clip (default: 6)")
    add_page_flag(talk)


def talk_command(args: argparse.Namespace) -> int:
    """mien evaluate talk: photos moved and looked at again, clips re-enacted."""
    from mien.evaluation.films import talk
    from mien.files.markdown import table
    from mien.photo import PortraitError

    check_page(args, SECTION)
    exercised, reenacted = [], []
    with ProgressBar("talk", quiet=args.json) as progress:
        for number, path in enumerate(args.files):
            share = part(progress, number, len(args.files))
            shown = _pictures(path, args.size, args.step)
            if len(shown) == 1:
                exercised.append(talk.in_exercise(shown[0][1], path.name, args.seconds, share))
                continue
            for name, pictures in _parts(path.stem, shown, args.part):
                try:
                    reenacted.append(talk.reenact(pictures, name, share))
                except PortraitError:
                    continue  # a part that begins with nobody, or too small a face
    tables = []
    if exercised:
        tables.append(table(talk.EXERCISED, talk.exercised_cells(exercised)))
    if reenacted:
        tables.append(table(talk.REENACTED, talk.reenacted_cells(reenacted)))
    text = "\n\n".join(tables)
    found = {"photos": [asdict(each) for each in exercised], "clips": [asdict(each) for each in reenacted]}
    print_result(args, SECTION, found, text)
    return 0


def _pictures(path: Path, size: int, step: int) -> list[tuple[Fraction, np.ndarray]]:
    """(time, pixels) of every `step`-th picture. VideoError."""
    from mien.evaluation.films.talk import shrunk
    from mien.video.reader import open_footage

    return [
        (picture.time, shrunk(picture.pixels, size))
        for number, picture in enumerate(open_footage(path).pictures())
        if number % step == 0
    ]


def _parts(name: str, shown: list[tuple[Fraction, np.ndarray]], seconds: float) -> list[tuple[str, list[np.ndarray]]]:
    """Pieces of a clip, by the second at which they begin."""
    pieces: dict[int, list[np.ndarray]] = {}
    start = shown[0][0]
    for time, pixels in shown:
        pieces.setdefault(int((time - start) / Fraction(seconds)), []).append(pixels)
    return [(f"{name}, {number * seconds:.1f} s", each) for number, each in pieces.items() if len(each) > 2]
