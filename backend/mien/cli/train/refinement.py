# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train refinement`: the refinement of portraits."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import count
from mien.cli.progress import ProgressBar
from mien.cli.train.command import RUN, add_shape_flag, add_training, changed, config_of


def add_commands(train) -> None:
    """Add `refinement` to the commands of `mien train`."""
    command = add_training(
        train, "refinement", train_refinement, "train the refinement of portraits on drawn heads, or go on",
        {"pairs": "where the drawn photos go: about 2 MB each"}, run=RUN, threads=(1, "(default: 1)"),
    )  # fmt: skip
    command.add_argument("--photos", type=count, default=96, help="drawn, to learn from (default: 96)")
    add_shape_flag(command)


def train_refinement(args: argparse.Namespace) -> Path:
    """The network, after the pairs that it learns from; its weights file."""
    from mien.photo.refinement.network import RefinementConfig
    from mien.training.refinement.pairs import build
    from mien.training.refinement.train import CONFIG, train

    shape = RefinementConfig.from_dict(changed(RefinementConfig(), args.shape, "--shape").as_dict())
    with ProgressBar("drawing", quiet=args.json) as progress:
        build(args.pairs, args.photos, args.seed, progress)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.pairs, args.run, shape, config_of(CONFIG, args), args.threads, progress)
