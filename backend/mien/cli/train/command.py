# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands of `mien train` that make shipped weights share: folders, flags, and what is printed."""

from __future__ import annotations

import argparse
import functools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

from mien.cli.flags import json_object, step_count
from mien.cli.parser import Parser, add_command
from mien.cli.progress import ProgressBar
from mien.settings import SettingsError

SPEECH, MOTION = "a folder of `mien corpus build`", "a folder of `mien corpus perform`"
ANALYSED_SPEECH = "the speech that was performed: it is analysed first"
RUN = "where checkpoint, log (csv) and weights go"


def add_training(
    train, name: str, make_weights: Callable[[argparse.Namespace], Path], description: str, folders: Mapping[str, str],
    *, run: str = "where checkpoints, curves (csv) and weights go: one for both stages",
    steps: str = "(default: as many as what ships was made with)",
    threads: tuple[int, str] = (os.cpu_count() or 1, "(default: as many as cores)"),
) -> Parser:  # fmt: skip
    """Add `mien train NAME FOLDER ... RUN`, which runs `make_weights` and prints the path that it returns; the parser,
    for flags of its own.

    folders: the help of each folder that it reads, in the order of the command line. run, steps: help. threads: default
    and help.
    """
    command = add_command(train, name, functools.partial(_train_command, make_weights), description)
    for folder, text in folders.items():
        command.add_argument(folder, type=Path, help=text)
    command.add_argument("run", type=Path, help=run)
    command.add_argument("--steps", type=step_count, help=steps)
    command.add_argument("--seed", type=int, default=0, help="(default: 0)")
    command.add_argument("--threads", type=int, default=threads[0], help=threads[1])
    return command


def add_initial_flag(command: argparse.ArgumentParser) -> None:
    """Weights to begin with."""
    command.add_argument(
        "--initial", type=Path, metavar="WEIGHTS", help="begin with these weights of the same network, not anew"
    )


def add_shape_flag(command: argparse.ArgumentParser, text: str = "sizes unlike the default's") -> None:
    """Sizes of the network; `changed` applies them."""
    command.add_argument("--shape", type=json_object, default={}, metavar="JSON", help=text)


def config_of(default, args: argparse.Namespace):
    """The TrainingConfig `default` with the seed and the steps of the command line."""
    return replace(default, seed=args.seed, steps=args.steps or default.steps)


def changed(default, changes: Mapping[str, object], flag: str):
    """The dataclass `default` with other values. SettingsError names a field that it does not have."""
    known = [field.name for field in fields(default)]
    if unknown := [name for name in changes if name not in known]:
        raise SettingsError(f"{flag} has {unknown[0]!r}, which is none of {', '.join(known)}.")
    return replace(default, **changes)


def extract_audio_features(args: argparse.Namespace) -> None:
    """Those of args.corpus that args.motion lacks, in args.jobs processes."""
    from mien.training.phone_features import extract_features

    with ProgressBar("audio features", quiet=args.json) as progress:
        extract_features(args.corpus, args.motion, args.seed, max(1, args.jobs), progress)


def _train_command(make_weights: Callable[[argparse.Namespace], Path], args: argparse.Namespace) -> int:
    """mien train WHAT."""
    weights = make_weights(args)
    print(json.dumps({"weights": str(weights)}) if args.json else f"The weights are {weights}.")
    return 0
