# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train personatalk`: stage 1 of dubbing."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import add_jobs_flag
from mien.cli.progress import ProgressBar
from mien.cli.train.command import RUN, SPEECH, add_shape_flag, add_training, changed, config_of


def add_commands(train) -> None:
    """Add `personatalk` to the commands of `mien train`."""
    command = add_training(
        train, "personatalk", train_personatalk, "train stage 1 of PersonaTalk on synthetic speakers, or go on",
        {"corpus": SPEECH, "clips": "where its performances go: 0.8 MB of each unit of speech"}, run=RUN,
        steps="(default: 3000)", threads=(1, "(default: 1)"),
    )  # fmt: skip
    add_jobs_flag(command)
    add_shape_flag(command)


def train_personatalk(args: argparse.Namespace) -> Path:
    """The network, after the clips that it learns from; its weights file."""
    from mien.engines.personatalk.geometry.network import GeometryConfig
    from mien.training.personatalk.clips import make_clips
    from mien.training.personatalk.train import CONFIG, train

    shape = GeometryConfig.from_dict(changed(GeometryConfig(), args.shape, "--shape").as_dict())
    with ProgressBar("performing", quiet=args.json) as progress:
        make_clips(args.corpus, args.clips, max(1, args.jobs), progress)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.clips, args.run, shape, config_of(CONFIG, args), args.threads, progress)
