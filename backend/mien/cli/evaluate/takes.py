# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate takes`: probtalk3d and its baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_motion_folders, add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `takes` to the commands of `mien evaluate`."""
    command = add_command(
        evaluate, "takes", takes_command, "how near probtalk3d's takes come to what nothing was trained on"
    )
    add_motion_folders(command)
    command.add_argument("--weights", type=Path, metavar="FILE", help="of `mien train performer` (default: what ships)")
    command.add_argument("--regression", type=Path, metavar="FILE", help="of `mien train regression`: compared besides")
    add_page_flag(command)
    command.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the curves")


def takes_command(args: argparse.Namespace) -> int:
    """mien evaluate takes: probtalk3d and its baselines."""
    check_page(args, "takes")
    from mien.engines.probtalk3d import WEIGHTS
    from mien.evaluation.takes import evaluate as sampling
    from mien.evaluation.takes import report

    weights = args.weights or WEIGHTS
    with ProgressBar("takes", quiet=args.json) as progress:
        results = sampling.evaluate(args.corpus, args.motion, weights, args.regression, max(1, args.every), progress)
    page = report.for_page(results)
    print_result(args, "takes", report.as_object(results), page)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
        sampling.draw(results, args.pictures)
        sampling.draw_faces(results, sampling.cached_takes(weights), args.pictures)
    return 0
