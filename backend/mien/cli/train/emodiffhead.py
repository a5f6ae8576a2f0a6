# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train emodiffhead`, for the default head or for one's own FLAME."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.flags import add_jobs_flag, count
from mien.cli.progress import ProgressBar
from mien.cli.train.command import (
    ANALYSED_SPEECH,
    MOTION,
    add_initial_flag,
    add_shape_flag,
    add_training,
    config_of,
    extract_audio_features,
)
from mien.files.atomic import write_whole
from mien.files.private_folder import make_private_folder
from mien.settings import Settings


def add_commands(train) -> None:
    """Add `emodiffhead` to the commands of `mien train`."""
    command = add_training(
        train, "emodiffhead", train_emodiffhead, "train emodiffhead on performances, or go on",
        {"corpus": ANALYSED_SPEECH, "motion": MOTION},
    )  # fmt: skip
    add_jobs_flag(command)
    add_initial_flag(command)
    command.add_argument("--free", type=count, default=2, help="emotion-free performances of each unit (default: 2)")
    command.add_argument(
        "--emotional-alone", action="store_true", help="learn from no emotion-free speech, to see what it is good for"
    )
    command.add_argument(
        "--emotional-every", type=int, default=1, metavar="N",
        help="learn from only every Nth unit of emotional speech, as if there were less (default: 1)",
    )  # fmt: skip
    command.add_argument(
        "--head", choices=("mien", "flame"), default="mien", help="what moves; flame is your own (default: mien)"
    )
    add_shape_flag(command)


def train_emodiffhead(args: argparse.Namespace) -> Path:
    """The denoiser, after the emotion-free performances and the audio features that it learns from; its weights
    file."""
    from mien.engines.emodiffhead import user_weights
    from mien.engines.emodiffhead.network import DenoiserConfig
    from mien.heads.flame import FLAME_FOLDER, load_flame
    from mien.training.emodiffhead.dataset import perform_free
    from mien.training.emodiffhead.train import CONFIG, Ablation, train

    ablation = Ablation(not args.emotional_alone, max(1, args.emotional_every))
    flame = load_flame(Settings.read().data_folder / FLAME_FOLDER) if args.head == "flame" else None
    if ablation.emotion_free:
        with ProgressBar("performing", quiet=args.json) as progress:
            perform_free(args.corpus, args.motion, args.free, args.seed, max(1, args.jobs), progress)
    extract_audio_features(args)
    with ProgressBar("training", quiet=args.json) as progress:
        weights = train(
            args.corpus, args.motion, args.run, DenoiserConfig.from_dict(args.shape), config_of(CONFIG, args),
            args.threads, progress, ablation, flame, args.initial,
        )  # fmt: skip
    if flame is not None:  # where the engine looks for them
        make_private_folder(Settings.read().data_folder)
        write_whole(user_weights(), weights.read_bytes())
    return weights
