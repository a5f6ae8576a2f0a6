# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate training`: the losses of a training of probtalk3d, drawn."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.output import DRAWING, Output, check_outputs
from mien.cli.parser import add_command


def add_commands(evaluate) -> None:
    """Add `training` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "training", training_command, "draw the losses of a training of probtalk3d")
    command.add_argument("run", type=Path, help="the folder that `mien train` was given")
    command.add_argument("picture", type=Path, metavar="PNG", help="what to write")


def training_command(args: argparse.Namespace) -> int:
    """mien evaluate training: the curves of RUN/*.csv."""
    from mien.evaluation.takes.training_curves import draw_training

    check_outputs([Output(args.picture, "the picture", DRAWING)])
    draw_training(args.run, args.picture)
    print(json.dumps({"picture": str(args.picture)}) if args.json else f"The curves are in {args.picture}.")
    return 0
