# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate steps`: steps of emodiffhead's sampling against quality and time."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_motion_folders, add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `steps` to the commands of `mien evaluate`."""
    command = add_command(
        evaluate, "steps", steps_command, "how near emodiffhead's takes in few steps come to those in many"
    )
    add_motion_folders(command)
    command.add_argument("--weights", type=Path, metavar="FILE", help="of emodiffhead (default: what ships)")
    add_page_flag(command)


def steps_command(args: argparse.Namespace) -> int:
    """mien evaluate steps: steps against quality and time."""
    check_page(args, "steps")
    from mien.evaluation.takes import sampling_steps as steps
    from mien.files.markdown import table

    with ProgressBar("steps", quiet=args.json) as progress:
        rows = steps.evaluate(args.corpus, args.motion, args.weights, max(1, args.every), progress)
    page = table(steps.HEAD, steps.cells(rows))
    print_result(args, "steps", [vars(row) for row in rows], page)
    return 0
