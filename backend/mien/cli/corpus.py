# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien corpus`: synthetic speech and its performances, which the networks that ship are trained on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.flags import add_jobs_flag, count
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar

ENGINES = ("kokoro", "hibari", "flite", "festival", "espeak")  # of mien.training.speech_corpus, dearest first


def add_commands(commands) -> None:
    """Add `corpus` to the commands of `mien`."""
    corpus = commands.add_parser("corpus", help="speech with exact phone times, made by synthesisers")
    corpus = corpus.add_subparsers(required=True, metavar="WHAT")
    build = add_command(corpus, "build", build_command, "speak a corpus, or go on with one that was stopped")
    build.add_argument("folder", type=Path, help="where it goes: about 0.06 GB an hour")
    build.add_argument("--hours", type=_hours, default=10.0, help="how much speech (default: 10)")
    build.add_argument("--seed", type=int, default=0, help="another seed is another corpus (default: 0)")
    add_jobs_flag(build)
    build.add_argument(
        "--engines", default=",".join(ENGINES), metavar="NAME,...", help="synthesisers (default: %(default)s)"
    )
    perform = add_command(
        corpus, "perform", perform_command, "perform a corpus of speech, or go on where it was stopped"
    )
    perform.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    perform.add_argument("motion", type=Path, help="where the performances go")
    perform.add_argument("--performances", type=count, default=4, help="of each minute of speech (default: 4)")
    perform.add_argument("--seed", type=int, default=0, help="another seed is other performances (default: 0)")
    add_jobs_flag(perform)


def build_command(args: argparse.Namespace) -> int:
    """mien corpus build: speak what a corpus lacks."""
    from mien.training.speech_corpus.build import build
    from mien.training.speech_corpus.utterance import CorpusError

    engines = [name for name in args.engines.split(",") if name]
    if unknown := set(engines) - set(ENGINES):
        raise CorpusError(f"there is no synthesiser {unknown.pop()!r}; there are {', '.join(ENGINES)}.")
    with ProgressBar("corpus", quiet=args.json) as progress:
        absent = build(args.folder, args.hours, args.seed, max(1, args.jobs), engines, progress)
    if args.json:
        print(json.dumps({"folder": str(args.folder), "absent": absent}))
    else:
        print("\n".join([f"The corpus is in {args.folder}.", *(f"Without one synthesiser: {why}" for why in absent)]))
    return 0


def perform_command(args: argparse.Namespace) -> int:
    """mien corpus perform: perform what a motion corpus lacks."""
    from mien.training.motion_corpus import perform

    with ProgressBar("performing", quiet=args.json) as progress:
        units = perform(args.corpus, args.motion, args.performances, args.seed, max(1, args.jobs), progress)
    if args.json:
        print(json.dumps({"folder": str(args.motion), "units": units, "performances": args.performances}))
    else:
        print(f"The performances are in {args.motion}: {args.performances} of each of {units} units.")
    return 0


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours above 0")
    return hours
