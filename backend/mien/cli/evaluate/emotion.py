# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate emotion`: how engines show emotions."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_motion_folders, add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `emotion` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "emotion", emotion_command, "how engines show emotions, and what it costs the lips")
    add_motion_folders(command)
    command.add_argument("--engines", metavar="NAME,...", help="only these (default: all on the default head)")
    command.add_argument(
        "--weights", type=Path, action="append", default=[], metavar="FILE",
        help="of emodiffhead (default: what ships); may be repeated, and rows are then named by file",
    )  # fmt: skip
    add_page_flag(command, "emotion")


def emotion_command(args: argparse.Namespace) -> int:
    """mien evaluate emotion: engines compared."""
    check_page(args, args.section)
    from mien.evaluation.takes import emotion

    chosen = emotion.engines(args.engines.split(",") if args.engines else None, args.weights)
    with ProgressBar("emotion", quiet=args.json) as progress:
        results = emotion.evaluate(args.corpus, args.motion, chosen, max(1, args.every), progress)
    page = emotion.for_page(results)
    data = {
        "emotions": {name: vars(scores) for name, scores in results.scores.items()},
        "matched": results.matched,
        "held": {name: [vars(row) for row in rows] for name, rows in results.held.items()},
    }
    print_result(args, args.section, data, page)
    return 0
