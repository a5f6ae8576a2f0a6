# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train phones` and `breaths`: the phone recogniser and its breath detector."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import json_object
from mien.cli.progress import ProgressBar
from mien.cli.train.command import RUN, SPEECH, add_shape_flag, add_training, changed, config_of


def add_commands(train) -> None:
    """Add `phones` and `breaths` to the commands of `mien train`."""
    phones = add_training(
        train, "phones", train_phones, "train the phone recogniser on a corpus, or go on with a run that was stopped",
        {"corpus": SPEECH}, run=RUN, steps="of 64 s of sound each (default: 4700)",
        threads=(1, "of the network; one more process degrades (default: 1)"),
    )  # fmt: skip
    add_shape_flag(phones, "sizes other than the default's")
    phones.add_argument(
        "--plan", type=json_object, default={}, metavar="JSON", help="batch, rate ... unlike the default's"
    )
    phones.add_argument(
        "--without", default="", metavar="NAME,...", help="synthesisers to leave out, as held-out truth"
    )
    add_training(
        train, "breaths", train_breaths, "train the part of the phone recogniser that knows breaths, or go on",
        {"corpus": SPEECH}, run=RUN, threads=(1, "(default: 1)"),
    )  # fmt: skip


def train_phones(args: argparse.Namespace) -> Path:
    """The phone recogniser; its weights file."""
    from mien.speech_analysis.network.model import RecogniserConfig
    from mien.training.phones.train import PhoneTrainingConfig, train

    without = tuple(name for name in args.without.split(",") if name)
    config = config_of(changed(PhoneTrainingConfig(), args.plan | {"without": without}, "--plan"), args)
    shape = changed(RecogniserConfig(), args.shape, "--shape")
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.run, shape, config, args.threads, progress)


def train_breaths(args: argparse.Namespace) -> Path:
    """The network of breaths, over the phones that were recognised; its weights file."""
    from mien.training.phones.train_breaths import BreathConfig, train

    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.run, config_of(BreathConfig(), args), args.threads, progress)
