# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate landmarks`: kfusion, its ablations and its baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_motion_folders, add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `landmarks` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "landmarks", landmarks_command, "kfusion's landmarks beside simpler ones")
    add_motion_folders(command)
    command.add_argument("--weights", type=Path, metavar="FILE", help="of kfusion (default: what ships)")
    command.add_argument(
        "--training", type=Path, action="append", default=[], metavar="FILE",
        help="weights to compare with, in a row named by their folder; may be repeated",
    )  # fmt: skip
    add_page_flag(command)
    command.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw landmarks into this folder")


def landmarks_command(args: argparse.Namespace) -> int:
    """mien evaluate landmarks: kfusion, its ablations and its baselines."""
    check_page(args, "landmarks")
    from mien.engines.kfusion import WEIGHTS
    from mien.evaluation.landmarks.evaluate import as_json, evaluate, for_page
    from mien.evaluation.landmarks.pictures import draw

    trainings = {path.resolve().parent.name: path for path in args.training}
    weights = args.weights or WEIGHTS
    with ProgressBar("landmarks", quiet=args.json) as progress:
        rows = evaluate(args.corpus, args.motion, trainings, max(1, args.every), progress, weights)
    page = for_page(rows)
    print_result(args, "landmarks", as_json(rows), page)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
        draw(args.corpus, args.motion, args.pictures, weights)
    return 0
