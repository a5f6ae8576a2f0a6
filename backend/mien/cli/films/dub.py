# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien dub`: a film and another voice to the film of the same person saying the other words."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli.films.consent import add_consent_flag, consent_of
from mien.cli.films.face_choice import add_face_flags
from mien.cli.flags import add_direction_flags, direction_inputs, direction_of
from mien.cli.output import Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar

if TYPE_CHECKING:
    from mien.dub import DubReport

FILMS = (".mp4", ".mov", ".m4v", ".mkv")
LINES = 8  # of stretches that are listed one by one


def add_commands(commands) -> None:
    """Add `mien dub` to the parser."""
    dub = add_command(commands, "dub", dub_command, "put other words into the mouth of a film's speaker")
    dub.add_argument("video", type=Path, help="mp4, mov, mkv, webm and what else FFmpeg reads")
    dub.add_argument("voice", type=Path, help="the new sound: wav, flac, mp3, m4a, ...")
    dub.add_argument("-o", "--output", type=Path, required=True, help="the film to write (.mp4, .mov, or .mkv)")
    dub.add_argument("--options", type=Path, metavar="JSON", help="a file of all options; the flags below change it")
    dub.add_argument("--strength", type=float, help="of the mouth's movement, 0 to 2 (default: 1)")
    dub.add_argument("--opening", type=float, help="of the lips and the jaw, 0 to 2 (default: 1)")
    dub.add_argument(
        "--mouth-of", choices=("clip", "neutral"), dest="manner",
        help="whose manner of speaking: the film's own speaker's, or the engine's (default: clip)",
    )  # fmt: skip
    dub.add_argument(
        "--keep-pauses", action="store_const", const=True, help="leave the film's own frames where nobody speaks"
    )
    dub.add_argument(
        "--references", type=_span, metavar="A-B", help="take reference frames of these seconds of the film only"
    )
    dub.add_argument("--begin", type=_second, metavar="S", help="dub from this second of the film on")
    dub.add_argument("--end", type=_second, metavar="S", help="up to this second of the film")
    dub.add_argument(
        "--when-longer", choices=("loop", "hold", "stop"),
        help="where the new sound is longer: run a still moment to and fro, hold the last frame, or stop with the film",
    )  # fmt: skip
    dub.add_argument("--codec", choices=("h264", "lossless"), help="(default: h264)")
    dub.add_argument("--preview", type=_second, metavar="S", help="make only the first S seconds")
    add_face_flags(dub)
    dub.add_argument("--label", action="store_const", const=True, help="a visible line that says what the film is")
    add_consent_flag(dub)
    add_direction_flags(dub, engine=None)


def dub_command(args: argparse.Namespace) -> int:
    """mien dub: consent first, then the work."""
    from mien.dub import dub
    from mien.engines.personatalk.options import DubOptions

    check_outputs(
        [Output(args.output, "the film", FILMS)],
        film=args.video, sound=args.voice, options=args.options, **direction_inputs(args),
    )  # fmt: skip
    options = DubOptions.from_json(_options_of(args))
    if not args.video.is_file():
        raise FileNotFoundError(2, "there is no such film", str(args.video))
    consent_of(args, args.video)
    with ProgressBar("dub", quiet=args.json) as progress:
        report = dub(args.video, args.voice, args.output, options, progress)
    print(json.dumps(asdict(report)) if args.json else "\n".join(map(printable, _lines(report))))
    return 0


def _options_of(args: argparse.Namespace) -> dict[str, Any]:
    """The options file, changed by the flags that were given."""
    from mien.engines.personatalk.options import DubOptions

    start = DubOptions() if args.options is None else DubOptions.from_json(args.options.read_bytes())
    values = json.loads(start.to_json())
    # a persona of somebody else brings its own manner
    manner = "neutral" if args.manner is None and args.persona is not None else args.manner
    given = {
        "strength": args.strength, "opening": args.opening, "manner": manner, "keep_pauses": args.keep_pauses,
        "references": args.references, "begin": args.begin, "end": args.end, "when_longer": args.when_longer,
        "codec": args.codec, "preview": args.preview, "label": args.label, "engine": args.engine,
    }  # fmt: skip
    values |= {name: value for name, value in given.items() if value is not None}
    if args.face_number is not None or args.at is not None:
        values["face"] = {"number": 1 if args.face_number is None else args.face_number,
                          "at": None if args.at is None else list(args.at)}  # fmt: skip
    values["direction"] = direction_of(args, start.direction)
    return values


def _lines(report: DubReport) -> list[str]:
    seconds = ", ".join(f"{stage} {spent:.1f} s" for stage, spent in report.seconds.items())
    lines = [f"{report.output}: {report.dubbed} of {report.frames} frames have a new mouth ({seconds})"]
    lines += [f"{begin:.2f} s to {end:.2f} s as it was: {why}" for begin, end, why in report.kept[:LINES]]
    if len(report.kept) > LINES:
        rest = sum(end - begin for begin, end, _ in report.kept[LINES:])
        lines.append(f"and {len(report.kept) - LINES} stretches more as they were, {rest:.2f} s in all")
    return [*lines, *report.notes]


def _second(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, as 12.5")
    return str(Fraction(text))


def _span(text: str) -> list[str]:
    begin, dash, end = text.partition("-")
    if not dash:
        raise argparse.ArgumentTypeError(f"{text!r} is no span of seconds, as 0-20")
    return [_second(begin), _second(end)]
