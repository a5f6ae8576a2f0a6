# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train diffted`: the denoiser of gestures."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import add_jobs_flag, count
from mien.cli.progress import ProgressBar
from mien.cli.train.command import SPEECH, add_shape_flag, add_training, changed, config_of, extract_audio_features


def add_commands(train) -> None:
    """Add `diffted` to the commands of `mien train`."""
    command = add_training(
        train, "diffted", train_diffted, "train the denoiser of gestures on the grammar's, or go on",
        {"corpus": SPEECH, "motion": "where audio features and gestures of this speech go"},
    )  # fmt: skip
    add_jobs_flag(command)
    command.add_argument(
        "--performances", type=count, default=8, help="of the gestures of each minute of speech (default: 8)"
    )
    add_shape_flag(command)


def train_diffted(args: argparse.Namespace) -> Path:
    """The denoiser, after the audio features and the performances that it learns from; its weights file."""
    from mien.engines.diffted.denoiser.network import GestureConfig
    from mien.training.diffted.dataset import perform
    from mien.training.diffted.train import CONFIG, train

    shape = changed(GestureConfig(), args.shape, "--shape")
    extract_audio_features(args)
    with ProgressBar("performing", quiet=args.json) as progress:
        perform(args.corpus, args.motion, args.performances, args.seed, max(1, args.jobs), progress)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.motion, args.run, shape, config_of(CONFIG, args), args.threads, progress)
