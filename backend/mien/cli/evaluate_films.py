# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that measures what is read from films: `mien evaluate tracking`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar

SECTION = "tracking"  # of the page


def add_commands(evaluate) -> None:
    """Add it to the parser of `evaluate`."""
    tracking = add_command(evaluate, "tracking", tracking_command, "how well the face tracker reads rendered takes")
    tracking.add_argument("--seconds", type=float, default=12, help="of each performance (default: 12)")
    tracking.add_argument("--seed", type=int, default=0, help="another seed is another performance (default: 0)")
    tracking.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")


def tracking_command(args: argparse.Namespace) -> int:
    """mien evaluate tracking: known channels rendered in several looks, tracked, compared."""
    from mien.evaluation.films.tracking import HEAD, cells, evaluate
    from mien.files.markdown import require_section, table, write_section

    if args.page:
        require_section(args.page, SECTION)
    with ProgressBar("tracking", quiet=args.json) as progress:
        results = evaluate(args.seconds, args.seed, progress)
    text = table(HEAD, cells(results))
    print(json.dumps({"looks": [asdict(result) for result in results]}) if args.json else text)
    if args.page:
        write_section(args.page, SECTION, text)
    return 0
