# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate layouts`: codes of one frame, and codes that mix times."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `layouts` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "layouts", layouts_command, "which codes of motion fit long sound")
    command.add_argument("motion", type=Path, help="a folder of `mien corpus perform`")
    command.add_argument("--weights", type=Path, metavar="FILE", help="of `mien train codec` (default: what ships)")
    command.add_argument("--steps", type=int, default=300, help="that each layout is trained for (default: 300)")
    add_page_flag(command)


def layouts_command(args: argparse.Namespace) -> int:
    """mien evaluate layouts: codes of one frame, and codes that mix times."""
    check_page(args, "layouts")
    from mien.engines.probtalk3d import WEIGHTS
    from mien.evaluation.takes.codec_layouts import compare_layouts
    from mien.files.markdown import table

    with ProgressBar("layouts", quiet=args.json) as progress:
        results = compare_layouts(args.motion, args.weights or WEIGHTS, max(1, args.steps), progress)
    head = ("codes", *(f"error at {seconds:g} s, mm" for seconds in results[0].errors), "moved by the window, mm")
    rows = [[each.layout, *(f"{error:.3f}" for error in each.errors.values()), f"{each.moved:.4f}"] for each in results]
    print_result(args, "layouts", [vars(each) for each in results], table(head, rows))
    return 0
