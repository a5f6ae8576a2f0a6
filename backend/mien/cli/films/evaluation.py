# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that measures what is read from films: `mien evaluate tracking`, `persona`;
and `gestures`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.engines.base import part
from mien.files.markdown import require_section, table, write_section

if TYPE_CHECKING:
    from mien.engines.diffted.hand_motion import Mover

SECTION, DUB_SECTION = "tracking", "dub"  # of the page
ROUND_TRIP, PERSONA, GESTURES = "round trip", "persona", "gestures"
HELD_OUT = "gestures held out"


def add_commands(evaluate) -> None:
    """Add it to the parser of `evaluate`."""
    tracking = add_command(evaluate, "tracking", tracking_command, "how well the face tracker reads rendered takes")
    tracking.add_argument("--seconds", type=float, default=12, help="of each performance (default: 12)")
    tracking.add_argument("--seed", type=int, default=0, help="another seed is another performance (default: 0)")
    tracking.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")
    tracking.add_argument("--speech", type=Path, metavar="SOUND", help="the round trip of a take of this voice instead")
    persona = add_command(evaluate, "persona", persona_command, "whether mien learn finds how a known speaker speaks")
    persona.add_argument("--audio", type=Path, required=True, metavar="FOLDER", help="sounds (.wav, .flac) of voices")
    persona.add_argument(
        "--seconds", type=_lengths, default=(60.0, 180.0), metavar="S,...", help="to learn from (default: 60,180)"
    )
    persona.add_argument("--speakers", type=int, default=38, metavar="N", help="so many styles (default: all 38)")
    persona.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    body = add_command(evaluate, "gestures", gestures_command, "how gestures go with speech, beside people's")
    body.add_argument("--audio", type=Path, required=True, metavar="FOLDER", help="sounds (.wav, .flac) of voices")
    body.add_argument("--scale", type=float, default=1.0, help="of the gestures (default: 1)")
    body.add_argument("--seed", type=int, default=0, help="another seed is another performance (default: 0)")
    body.add_argument(
        "--weights", type=Path, metavar="FILE", help="of `mien train diffted` (default: none, the grammar's gestures)"
    )
    body.add_argument("--held-out", action="store_true", help="beside known stress (espeak-ng), and distances (FGD)")
    body.add_argument("--page", type=Path, metavar="MD", help="write the table into this file, between its marks")
    dub = add_command(evaluate, "dub", dub_command, "how near a rendered mouth is to the filmed one")
    dub.add_argument("clips", type=Path, nargs="*", metavar="CLIP", help="films of one speaker each, with their sound")
    dub.add_argument("--rendered", type=Path, metavar="SOUND", help="and rendered heads of several looks that say this")
    dub.add_argument("--engine", default="probtalk3d", help="whose take drives the mouth (default: %(default)s)")
    dub.add_argument("--frames", type=int, default=150, help="of the last fifth that are rendered (default: 150)")
    dub.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between their marks")


def tracking_command(args: argparse.Namespace) -> int:
    """mien evaluate tracking: known channels rendered in several looks, tracked, compared."""
    from mien.audio.speech import read_speech
    from mien.evaluation.films import round_trip, tracking

    section = SECTION if args.speech is None else ROUND_TRIP
    if args.page:
        require_section(args.page, section)
    with ProgressBar("tracking", quiet=args.json) as progress:
        if args.speech is None:
            results = tracking.evaluate(args.seconds, args.seed, progress)
            text = table(tracking.HEAD, tracking.cells(results))
        else:
            results = round_trip.round_trips(read_speech(args.speech), progress)
            text = table(round_trip.HEAD, round_trip.cells(results))
    print(json.dumps({"looks": [asdict(result) for result in results]}) if args.json else text)
    if args.page:
        write_section(args.page, section, text)
    return 0


def persona_command(args: argparse.Namespace) -> int:
    """mien evaluate persona: speakers of known style, learnt, compared."""
    from mien.evaluation.takes.personas import evaluate_personas, for_page

    if args.page:
        require_section(args.page, PERSONA)
    with ProgressBar("persona", quiet=args.json) as progress:
        recoveries, near = evaluate_personas(args.audio, args.seconds, max(1, args.speakers), progress)
    text = for_page(recoveries, near)
    rows = {"recovered": [asdict(each) for each in recoveries], "near": [asdict(each) for each in near]}
    print(json.dumps(rows) if args.json else text)
    if args.page:
        write_section(args.page, PERSONA, text)
    return 0


def gestures_command(args: argparse.Namespace) -> int:
    """mien evaluate gestures: voices in, measures of their gestures out."""
    section = HELD_OUT if args.held_out else GESTURES
    section += " by the denoiser" if args.weights else ""
    if args.page:
        require_section(args.page, section)
    paths = sorted(path for path in args.audio.iterdir() if path.suffix in (".wav", ".flac"))
    with ProgressBar("gestures", quiet=args.json) as progress:
        scores, text = (_held_out if args.held_out else _gestures)(paths, args, progress)
    print(json.dumps(scores) if args.json else text)
    if args.page:
        write_section(args.page, section, text)
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


def _lengths(text: str) -> tuple[float, ...]:
    try:
        lengths = tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError:
        lengths = ()
    if not lengths or not 10 <= lengths[0] <= lengths[-1] <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of seconds from 10 to 3600, as 60,180")
    return lengths


def dub_command(args: argparse.Namespace) -> int:
    """mien evaluate dub: the last fifth of each clip, and of rendered heads, made again from the rest, beside
    baselines."""
    from mien.audio.speech import read_speech
    from mien.evaluation import EvaluationError
    from mien.evaluation.films.dub_held_out import HEAD, MOTION_HEAD, cells, evaluate, motion_cells
    from mien.evaluation.films.dub_looks import evaluate_looks

    if args.page:
        require_section(args.page, DUB_SECTION)
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
    print(json.dumps({"clips": [asdict(result) for result in results]}) if args.json else text)
    if args.page:
        write_section(args.page, DUB_SECTION, text)
    return 0
