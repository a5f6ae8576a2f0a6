# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate gestures`: gestures of voices, measured."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.files.markdown import table

if TYPE_CHECKING:
    from mien.engines.diffted.hand_motion import Mover


def add_commands(evaluate) -> None:
    """Add `gestures` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "gestures", gestures_command, "how gestures go with speech, beside people's")
    command.add_argument("--audio", type=Path, required=True, metavar="FOLDER", help="sounds (.wav, .flac) of voices")
    command.add_argument("--scale", type=float, default=1.0, help="of the gestures (default: 1)")
    command.add_argument("--seed", type=int, default=0, help="another seed is another performance (default: 0)")
    command.add_argument(
        "--weights", type=Path, metavar="FILE", help="of `mien train diffted` (default: none, the grammar's gestures)"
    )
    command.add_argument("--held-out", action="store_true", help="beside known stress (espeak-ng), and distances (FGD)")
    add_page_flag(command)


def gestures_command(args: argparse.Namespace) -> int:
    """mien evaluate gestures: voices in, measures of their gestures out."""
    section = "gestures held out" if args.held_out else "gestures"
    section += " by the denoiser" if args.weights else ""
    check_page(args, section)
    paths = sorted(path for path in args.audio.iterdir() if path.suffix in (".wav", ".flac"))
    with ProgressBar("gestures", quiet=args.json) as progress:
        scores, text = (_held_out if args.held_out else _gestures)(paths, args, progress)
    print_result(args, section, scores, text)
    return 0


def _mover(weights: Path | None) -> Mover:
    from mien.engines.diffted.hand_motion import by_grammar

    if weights is None:
        return by_grammar
    from mien.engines.diffted.denoiser.generate import denoised

    return partial(denoised, weights=weights)


def _gestures(paths: list[Path], args: argparse.Namespace, progress: ProgressBar) -> tuple[dict, str]:
    from mien.evaluation.body import gestures

    scores = gestures.evaluate(paths, args.seed, args.scale, progress, _mover(args.weights))
    return asdict(scores), table(gestures.HEAD, gestures.cells(scores))


def _held_out(paths: list[Path], args: argparse.Namespace, progress: ProgressBar) -> tuple[dict, str]:
    from mien.evaluation.body import held_out_gestures
    from mien.training.speech_corpus.text import sentences

    mover = _mover(args.weights)
    stress, apart = held_out_gestures.evaluate(paths, sentences("en"), args.seed, args.scale, progress, mover)
    scores = {"stress": asdict(stress), "distances": asdict(apart)}
    return scores, table(held_out_gestures.HEAD, held_out_gestures.cells(stress, apart))
