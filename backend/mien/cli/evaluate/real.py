# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate real`: curves of takes for real speakers' sounds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.flags import add_direction_flags, direction_of
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar


def add_commands(evaluate) -> None:
    """Add `real` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "real", real_command, "curves of takes for real speakers' sounds, for score.py")
    command.add_argument("folder", type=Path, metavar="DIR", help="where NAME.npz of every sound goes")
    command.add_argument("--audio", type=Path, required=True, metavar="FOLDER", help="the sounds, as .wav files")
    add_direction_flags(command)


def real_command(args: argparse.Namespace) -> int:
    """mien evaluate real: curves for real-speech/score.py."""
    from mien.evaluation.takes.real_speech import write_curves

    direction = direction_of(args)
    with ProgressBar("clips", quiet=args.json) as progress:
        paths = write_curves(args.audio, args.folder, args.engine, direction, progress)
    text = f"{len(paths)} curves in {args.folder}"
    print(json.dumps({"written": [str(path) for path in paths]}) if args.json else text)
    return 0
