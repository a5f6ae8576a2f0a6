# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate phone-ablations`: what a change to the phone recogniser or to its data is worth."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.evaluate.phones import need_pocketsphinx
from mien.cli.flags import add_jobs_flag
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `phone-ablations` to the commands of `mien evaluate`."""
    command = add_command(
        evaluate, "phone-ablations", phone_ablations_command, "trainings of the phone recogniser compared"
    )
    command.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    command.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="of `mien train phones`; the first is the base"
    )
    add_jobs_flag(command)
    add_page_flag(command, "ablations")


def phone_ablations_command(args: argparse.Namespace) -> int:
    """mien evaluate phone-ablations: what a change to the network or to what it learns from is worth."""
    check_page(args, f"phones {args.section}")
    need_pocketsphinx()
    from mien.evaluation.cache import Cache
    from mien.evaluation.phones import ablations
    from mien.files.markdown import table

    with ProgressBar("trainings", quiet=args.json) as progress:
        results = ablations.compare(args.corpus, args.runs, max(1, args.jobs), Cache.of_the_user(), progress)
    head, rows = ablations.rows(*results)
    print_result(args, f"phones {args.section}", [dict(zip(head, row, strict=True)) for row in rows], table(head, rows))
    return 0
