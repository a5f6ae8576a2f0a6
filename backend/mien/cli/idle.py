# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien idle`: a take of somebody who says nothing."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.flags import direction_of, frame_rate
from mien.cli.output import TENSORS, Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.settings import Settings

NAME = "idle.take.safetensors"


def add_commands(commands) -> None:
    """Add `mien idle` to the parser."""
    idle = add_command(commands, "idle", idle_command, "make a take of somebody who says nothing")
    idle.add_argument("--seconds", type=float, required=True, metavar="N", help="how long it is")
    idle.add_argument("-o", "--output", type=Path, help=f"the take file (default: {NAME})")
    idle.add_argument("--fps", type=frame_rate, default="25", help="frames a second (default: 25)")
    idle.add_argument("--direction", type=Path, metavar="JSON", help="a direction file; the flags below change it")
    idle.add_argument("--emotion", metavar="NAME=WEIGHT,...", help="the mood, as of mien speak")
    idle.add_argument("--intensity", help="low, medium, high, or a number from 0 to 1")
    idle.add_argument("--style", help="whose manner it is, as of mien speak")
    idle.add_argument("--persona", metavar="NAME|FILE", help="somebody in particular (mien learn)")
    idle.add_argument("--seed", type=int, help="another seed is another performance (default: 0)")
    idle.add_argument("--temperature", type=float, help="how far performances differ (default: 1)")
    speech = ("transcript", "face", "lips_model", "sound_guidance", "emotion_guidance")
    idle.set_defaults(**dict.fromkeys(speech))  # flags of a voice, which an idle has not


def idle_command(args: argparse.Namespace) -> int:
    """mien idle: silence, a direction and a seed to a take file."""
    from mien.idle import idle_take
    from mien.take import write_take

    direction = direction_of(args)
    output = args.output or Path()
    if output.is_dir():
        output /= NAME
    check_outputs([Output(output, "the take", TENSORS, args.output is not None)], direction=args.direction)
    with ProgressBar("idle", quiet=args.json) as progress:
        take = idle_take(args.seconds, direction, args.fps, progress, Settings.read().limit_s)
    write_take(take, output)
    entry = {"take": str(output), "seed": direction.seed, "frames": take.frames, "fps": str(take.fps)}
    print(json.dumps(entry) if args.json else printable(f"{output}: {take.frames} frames at {take.fps} fps"))
    return 0
