# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train codec`, `performer` and `regression`: the two stages of probtalk3d, and its baseline."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import add_jobs_flag
from mien.cli.progress import ProgressBar
from mien.cli.train.command import (
    ANALYSED_SPEECH,
    MOTION,
    add_initial_flag,
    add_training,
    config_of,
    extract_audio_features,
)


def add_commands(train) -> None:
    """Add `codec`, `performer` and `regression` to the commands of `mien train`."""
    codec = add_training(
        train, "codec", train_codec, "train stage 1 of probtalk3d on performances, or go on", {"motion": MOTION}
    )
    add_initial_flag(codec)
    predictor = add_training(
        train, "performer", train_code_predictor, "train stage 2 of probtalk3d, or go on",
        {"corpus": ANALYSED_SPEECH, "motion": MOTION},
    )  # fmt: skip
    add_jobs_flag(predictor)
    add_initial_flag(predictor)
    add_training(
        train, "regression", train_regression, "train what probtalk3d is measured against",
        {"motion": "a folder to which `mien train performer` has added audio features"},
    )  # fmt: skip


def train_codec(args: argparse.Namespace) -> Path:
    """Stage 1; its weights file."""
    from mien.training.probtalk3d.train_codec import CONFIG, SHAPES, train

    with ProgressBar("stage 1", quiet=args.json) as progress:
        return train(args.motion, args.run, SHAPES, config_of(CONFIG, args), args.threads, progress, args.initial)


def train_code_predictor(args: argparse.Namespace) -> Path:
    """Stage 2; the weights file that ships, which has stage 1 too."""
    from mien.training.probtalk3d.train_code_predictor import CONFIG, train

    extract_audio_features(args)
    with ProgressBar("stage 2", quiet=args.json) as progress:
        return train(
            args.corpus, args.motion, args.run, {}, config_of(CONFIG, args), args.threads, progress, args.initial
        )


def train_regression(args: argparse.Namespace) -> Path:
    """The baseline; its weights file."""
    from mien.training.probtalk3d.regression import CONFIG, train

    with ProgressBar("regression", quiet=args.json) as progress:
        return train(args.motion, args.run, config_of(CONFIG, args), args.threads, progress)
