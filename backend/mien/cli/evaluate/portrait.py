# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate portrait`: how good the pixels of a portrait are, and whether it shows what is asked."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.engines.base import part

SECTION = "portrait"  # of the page


def add_commands(evaluate) -> None:
    """Add `portrait` to the commands of `mien evaluate`."""
    portrait = add_command(
        evaluate, "portrait", portrait_command, "a clip re-enacted from its first frame; portraits tracked again"
    )
    portrait.add_argument(
        "clips", type=Path, nargs="*", metavar="CLIP", help="films of one face; without any, drawn faces are measured"
    )
    portrait.add_argument("--photo", type=Path, action="append", default=[], help="measure this photo; may be repeated")
    portrait.add_argument("--seconds", type=float, default=8.0, help="of each clip or performance (default: 8)")
    portrait.add_argument("--step", type=int, default=5, metavar="N", help="every Nth frame of a clip (default: 5)")
    portrait.add_argument("--seed", type=int, default=0, help="another seed is another performance (default: 0)")
    portrait.add_argument(
        "--refine", type=Path, metavar="WEIGHTS", help="weights of `mien train refinement`: clips are refined, too"
    )
    portrait.add_argument(
        "--pairs", type=Path, metavar="FOLDER",
        help="of `mien train refinement`: what --refine gains on heads that were held out",
    )  # fmt: skip
    portrait.add_argument("--sheet", type=Path, metavar="PICTURE", help="only draw a contact sheet of drawn faces")
    add_page_flag(portrait)


def portrait_command(args: argparse.Namespace) -> int:
    """mien evaluate portrait: clips re-enacted, or photos moved, tracked and compared."""
    if args.sheet:
        from mien.evaluation.films.portrait_sheet import write_sheet

        write_sheet(args.sheet)
        print(args.sheet)
        return 0
    if args.pairs:
        return _pairs(args)
    check_page(args, SECTION)
    with ProgressBar("portrait", quiet=args.json) as progress:
        clips, clip_table = _clips(args, progress)
        photos, photo_table = ([], "") if clips and not args.photo else _photos(args, progress)
    text = "\n\n".join(each for each in (clip_table, photo_table) if each)
    print_result(args, SECTION, {"clips": clips, "photos": photos}, text)
    return 0


def _pairs(args: argparse.Namespace) -> int:
    from mien.evaluation.films.refinement import HEAD, cells, evaluate
    from mien.files.markdown import table
    from mien.photo.refinement.weights import SHIPPED, load

    results = evaluate(args.pairs, load(args.refine or SHIPPED))
    print(json.dumps([asdict(each) for each in results]) if args.json else table(HEAD, cells(results)))
    return 0


def _clips(args: argparse.Namespace, progress) -> tuple[list[dict], str]:
    from mien.evaluation.films.portrait import HEAD, cells, evaluate
    from mien.files.markdown import table
    from mien.video.excerpt import excerpt
    from mien.video.reader import open_footage

    network = None
    if args.refine:
        from mien.photo.refinement.weights import load

        network = load(args.refine)
    found, rows = [], []
    for number, clip in enumerate(args.clips):
        footage = open_footage(clip)
        footage = excerpt(footage, footage.start, footage.start + Fraction(args.seconds))
        results = evaluate(footage, max(2, args.step), part(progress, number, len(args.clips)), network)
        found.append({"clip": clip.name, "results": [asdict(result) for result in results]})
        rows += [(clip.name, *row) for row in cells(results)]
    return found, table(("clip", *HEAD), rows) if rows else ""


def _photos(args: argparse.Namespace, progress) -> tuple[list[dict], str]:
    from mien.evaluation.films.drawn_photos import drawn_photos
    from mien.evaluation.films.portrait_readback import HEAD, cells, read_back
    from mien.files.markdown import table
    from mien.photo.reading import read_pixels

    photos = ((path.name, read_pixels(path, None, False)[0]) for path in args.photo) if args.photo else drawn_photos()
    results = [read_back(pixels, name, args.seconds, args.seed, progress) for name, pixels in photos]
    return [asdict(result) for result in results], table(HEAD, cells(results))
