# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate nonverbal`: nonverbal motion of takes beside people's."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `nonverbal` to the commands of `mien evaluate`."""
    command = add_command(
        evaluate, "nonverbal", nonverbal_command, "blinks, brows, head, gaze, lips of takes beside people's"
    )
    command.add_argument(
        "--audio", type=Path, required=True, metavar="FOLDER", help="sounds, as .wav files: the longest"
    )
    command.add_argument("--voices", type=int, default=6, metavar="N", help="so many of them (default: 6)")
    command.add_argument("--seeds", type=int, default=2, metavar="N", help="takes of each (default: 2)")
    command.add_argument("--engines", metavar="NAME,...", help="only these (default: all on the default head)")
    add_page_flag(command, "nonverbal")


def nonverbal_command(args: argparse.Namespace) -> int:
    """mien evaluate nonverbal."""
    from mien.engines import NAMES, info_of
    from mien.evaluation.takes.nonverbal import as_json, evaluate_nonverbal, for_page

    check_page(args, args.section)
    names = args.engines.split(",") if args.engines else [name for name in NAMES if info_of(name).head == "mien"]
    with ProgressBar("nonverbal", quiet=args.json) as progress:
        results = evaluate_nonverbal(args.audio, names, progress, args.voices, range(1, 1 + max(1, args.seeds)))
    text = for_page(results)
    print_result(args, args.section, as_json(results), text)
    return 0
