# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `mien`: one module of this folder for each subcommand, which imports what it runs once it is chosen.

Exit status: 0 done; 1 a part failed; 2 the command line or the direction is wrong; 3 a file cannot be read or
written; 4 something has to be installed first; 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mien import __version__
from mien.cli import bench, bind, doctor, models, serve, speak, takes, track, train
from mien.cli import evaluate as evaluation
from mien.cli.flags import add_direction_flags, direction_of
from mien.cli.parser import Parser, add_command
from mien.cli.progress import ProgressBar
from mien.errors import FILE, STOPPED, MienError

REAL_AUDIO = Path("../shared/real-speech/audio")  # beside the checkout, where its developers have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Known faults are printed as sentences, never as tracebacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        args = _parser().parse_args(arguments)
        return args.execute(args)
    except KeyboardInterrupt:
        sentence, status = "", STOPPED
    except MienError as error:
        sentence, status = str(error), error.exit_status
    except OSError as error:
        sentence, status = _os_error_text(error), FILE
    if status == STOPPED:
        sentence = "stopped; what was being made is not written."
    print(f"mien: {sentence}", file=sys.stderr)
    if "--json" in arguments:
        print(json.dumps({"error": sentence, "status": status}))
    return status


def _parser() -> Parser:
    parser = Parser(
        prog="mien",
        description="Recorded speech and a chosen emotion become facial animation.",
        epilog=__doc__.partition("\n\n")[2],
    )
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    speak.add_commands(commands)
    track.add_commands(commands)
    serve.add_commands(commands)
    doctor.add_commands(commands)
    _add_evaluate(commands)
    train.add_commands(commands, add_command)
    models.add_commands(commands)
    takes.add_commands(commands)
    bind.add_commands(commands)
    bench.add_commands(commands)
    return parser


def _add_evaluate(commands) -> None:
    evaluate = commands.add_parser("evaluate", help="measure an engine or an ear")
    evaluate = evaluate.add_subparsers(required=True, metavar="WHAT")
    real = add_command(
        evaluate, "real", evaluate_real_command, "curves of takes for real speakers' sounds, for score.py"
    )
    real.add_argument("folder", type=Path, metavar="DIR", help="where NAME.npz of every sound goes")
    real.add_argument("--audio", type=Path, default=REAL_AUDIO, metavar="FOLDER", help="the sounds, as .wav files")
    add_direction_flags(real)
    evaluation.add_commands(evaluate, add_command)


def evaluate_real_command(args: argparse.Namespace) -> int:
    """mien evaluate real: curves for real-speech/score.py."""
    from mien.evaluation.takes.real_speech import write_curves

    direction = direction_of(args)
    with ProgressBar("clips", quiet=args.json) as progress:
        paths = write_curves(args.audio, args.folder, args.engine, direction, progress)
    text = f"{len(paths)} curves in {args.folder}"
    print(json.dumps({"written": [str(path) for path in paths]}) if args.json else text)
    return 0


def _os_error_text(error: OSError) -> str:
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror.lower() if error.strerror else error}."
