# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate breaths`: detected breaths beside the inhalations that were seen."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `breaths` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "breaths", breaths_command, "breaths that are heard, beside those that were seen")
    command.add_argument("--audio", type=Path, action="append", default=[], metavar="FOLDER", help="more recordings")
    add_page_flag(command)


def breaths_command(args: argparse.Namespace) -> int:
    """mien evaluate breaths."""
    from mien.evaluation.phones import breaths

    check_page(args, "breaths")
    found = breaths.find_recordings({each.name for each in breaths.silences()}, args.audio)
    with ProgressBar("breaths", quiet=args.json) as progress:
        rows = breaths.evaluate(found, progress)
    text = breaths.report(rows, len(found))
    print_result(args, "breaths", [dict(zip(breaths.HEAD, row, strict=True)) for row in rows], text)
    return 0
