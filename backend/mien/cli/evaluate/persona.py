# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate persona`: speakers of known style, learnt and compared."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `persona` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "persona", persona_command, "whether mien learn finds how a known speaker speaks")
    command.add_argument("--audio", type=Path, required=True, metavar="FOLDER", help="sounds (.wav, .flac) of voices")
    command.add_argument(
        "--seconds", type=_lengths, default=(60.0, 180.0), metavar="S,...", help="to learn from (default: 60,180)"
    )
    command.add_argument("--speakers", type=int, default=38, metavar="N", help="so many styles (default: all 38)")
    add_page_flag(command)


def persona_command(args: argparse.Namespace) -> int:
    """mien evaluate persona: speakers of known style, learnt, compared."""
    from mien.evaluation.takes.personas import evaluate_personas, for_page

    check_page(args, "persona")
    with ProgressBar("persona", quiet=args.json) as progress:
        recoveries, near = evaluate_personas(args.audio, args.seconds, max(1, args.speakers), progress)
    text = for_page(recoveries, near)
    rows = {"recovered": [asdict(each) for each in recoveries], "near": [asdict(each) for each in near]}
    print_result(args, "persona", rows, text)
    return 0


def _lengths(text: str) -> tuple[float, ...]:
    try:
        lengths = tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError:
        lengths = ()
    if not lengths or not 10 <= lengths[0] <= lengths[-1] <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of seconds from 10 to 3600, as 60,180")
    return lengths
