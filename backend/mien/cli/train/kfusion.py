# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train kfusion`."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import add_jobs_flag
from mien.cli.progress import ProgressBar
from mien.cli.train.command import (
    ANALYSED_SPEECH,
    MOTION,
    add_shape_flag,
    add_training,
    changed,
    config_of,
    extract_audio_features,
)
from mien.settings import SettingsError


def add_commands(train) -> None:
    """Add `kfusion` to the commands of `mien train`."""
    command = add_training(
        train, "kfusion", train_kfusion, "train kfusion on performances, or go on",
        {"corpus": ANALYSED_SPEECH, "motion": MOTION},
    )  # fmt: skip
    add_jobs_flag(command)
    add_shape_flag(command, 'sizes unlike the default\'s, or {"fusion": "mlp"} or "concat" in place of the KAN')


def train_kfusion(args: argparse.Namespace) -> Path:
    """The network, after the audio features that it learns from; its weights file."""
    from mien.engines.kfusion.network import FUSIONS, KFusionConfig
    from mien.training.kfusion.train import CONFIG, train

    shape = changed(KFusionConfig(), args.shape, "--shape")
    if shape.fusion not in FUSIONS:
        raise SettingsError(f"--shape has the fusion {shape.fusion!r}, which is none of {', '.join(FUSIONS)}.")
    extract_audio_features(args)
    with ProgressBar("training", quiet=args.json) as progress:
        return train(args.corpus, args.motion, args.run, shape, config_of(CONFIG, args), args.threads, progress)
