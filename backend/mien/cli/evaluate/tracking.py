# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate tracking`: the face tracker on rendered takes."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.files.markdown import table


def add_commands(evaluate) -> None:
    """Add `tracking` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "tracking", tracking_command, "how well the face tracker reads rendered takes")
    command.add_argument("--seconds", type=float, default=12, help="of each performance (default: 12)")
    command.add_argument("--seed", type=int, default=0, help="another seed is another performance (default: 0)")
    add_page_flag(command)
    command.add_argument("--speech", type=Path, metavar="SOUND", help="the round trip of a take of this voice instead")


def tracking_command(args: argparse.Namespace) -> int:
    """mien evaluate tracking: known channels rendered in several looks, tracked, compared."""
    from mien.audio.speech import read_speech
    from mien.evaluation.films import round_trip, tracking

    section = "tracking" if args.speech is None else "round trip"
    check_page(args, section)
    with ProgressBar("tracking", quiet=args.json) as progress:
        if args.speech is None:
            results = tracking.evaluate(args.seconds, args.seed, progress)
            text = table(tracking.HEAD, tracking.cells(results))
        else:
            results = round_trip.round_trips(read_speech(args.speech), progress)
            text = table(round_trip.HEAD, round_trip.cells(results))
    print_result(args, section, {"looks": [asdict(result) for result in results]}, text)
    return 0
