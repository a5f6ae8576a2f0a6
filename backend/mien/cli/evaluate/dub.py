# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate dub`: a rendered mouth beside the filmed one, or one with another voice beside its plan."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from mien.cli.evaluate.command import add_page_flag, check_page, print_result
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.engines.base import part
from mien.files.markdown import table


def add_commands(evaluate) -> None:
    """Add `dub` to the commands of `mien evaluate`."""
    command = add_command(evaluate, "dub", dub_command, "how near a rendered mouth is to the filmed one")
    command.add_argument(
        "clips", type=Path, nargs="*", metavar="CLIP", help="films of one speaker each, with their sound"
    )
    command.add_argument(
        "--rendered", type=Path, metavar="SOUND", help="and rendered heads of several looks that say this"
    )
    command.add_argument(
        "--voice", type=Path, metavar="SOUND", help="dub the clips with this instead, and compare lips and plan"
    )
    command.add_argument("--engine", default="probtalk3d", help="whose take drives the mouth (default: %(default)s)")
    command.add_argument("--frames", type=int, default=150, help="of the last fifth that are rendered (default: 150)")
    add_page_flag(command)


def dub_command(args: argparse.Namespace) -> int:
    """mien evaluate dub: the last fifth of each clip, and of rendered heads, made again from the rest, beside
    baselines."""
    from mien.audio.speech import read_speech
    from mien.evaluation import EvaluationError
    from mien.evaluation.films.dub_held_out import HEAD, MOTION_HEAD, cells, evaluate, motion_cells
    from mien.evaluation.films.dub_looks import evaluate_looks

    check_page(args, "dub")
    if args.voice is not None:
        return _another_voice(args)
    if not args.clips and args.rendered is None:
        raise EvaluationError(
            "there is nothing to measure: name clips, or a sound that rendered heads say (--rendered)."
        )
    results, parts, frames = [], len(args.clips) + (args.rendered is not None), max(2, args.frames)
    with ProgressBar("dub", quiet=args.json) as progress:
        for i, clip in enumerate(args.clips):
            results.append(evaluate(clip, args.engine, frames, part(progress, i, parts)))
        if args.rendered is not None:
            last = part(progress, parts - 1, parts)
            results += evaluate_looks(read_speech(args.rendered), args.engine, frames, last)
    text = f"{table(HEAD, cells(results))}\n\n{table(MOTION_HEAD, motion_cells(results))}"
    print_result(args, "dub", {"clips": [asdict(result) for result in results]}, text)
    return 0


def _another_voice(args: argparse.Namespace) -> int:
    """Each clip dubbed with args.voice, and tracked again."""
    from mien.audio.speech import read_speech
    from mien.evaluation import EvaluationError
    from mien.evaluation.films.dub_voice import HEAD, cells, evaluate_voice

    if not args.clips or args.rendered is not None:
        raise EvaluationError("a voice is put into clips: name some beside --voice, and measure --rendered by itself.")
    speech, results = read_speech(args.voice), []
    with ProgressBar("dub", quiet=args.json) as progress:
        for i, clip in enumerate(args.clips):
            results.append(evaluate_voice(clip, speech, args.engine, part(progress, i, len(args.clips))))
    print_result(args, "dub", {"clips": [asdict(result) for result in results]}, table(HEAD, cells(results)))
    return 0
