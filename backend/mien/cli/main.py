# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `mien`: one module of this folder for each subcommand, which imports what it runs once it is chosen.

Exit status: 0 done; 1 a part failed; 2 the command line or the direction is wrong; 3 a file cannot be read or
written; 4 something has to be installed first; 130 stopped by the user.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence

from mien import __version__
from mien.cli import (
    batch,
    bench,
    bind,
    corpus,
    doctor,
    evaluate,
    learn,
    models,
    serve,
    speak,
    takes,
    track,
    train,
)
from mien.cli.films import dub, landmarks, portrait, provenance, talk
from mien.cli.output import printable
from mien.cli.parser import Parser
from mien.cli.voices import suggest_emotion
from mien.errors import FAILED, FILE, MISSING, STOPPED, MienError

LEFT_OUT = "mien.training."  # of wheels: see pyproject.toml


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Known faults are printed as sentences, never as tracebacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        args = _parser().parse_args(arguments)
        return args.execute(args)
    except (KeyboardInterrupt, MienError, OSError, MemoryError, ModuleNotFoundError) as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith(LEFT_OUT):
            raise
        sentence, status = _sentence_and_status(error)
        made = getattr(error, "made", [])  # before it
        has_lines = isinstance(error, MienError) and error.has_lines
    if made:
        sentence += f" Written before: {', '.join(entry['take'] for entry in made)}."
    lines = sentence.split("\n") if has_lines else [sentence]
    print("mien:", "\n".join(map(printable, lines)), file=sys.stderr)
    if "--json" in arguments:
        print(json.dumps({"error": sentence, "status": status} | ({"made": made} if made else {})))
    return status


def _parser() -> Parser:
    parser = Parser(
        prog="mien",
        description="Recorded speech and a chosen emotion become facial animation.",
        epilog=(__doc__ or "").partition("\n\n")[2],
    )
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    speak.add_commands(commands)
    takes.add_commands(commands)
    suggest_emotion.add_commands(commands)
    track.add_commands(commands)
    learn.add_commands(commands)
    landmarks.add_commands(commands)
    bind.add_commands(commands)
    batch.add_commands(commands)
    portrait.add_commands(commands)
    talk.add_commands(commands)
    dub.add_commands(commands)
    provenance.add_commands(commands)
    serve.add_commands(commands)
    doctor.add_commands(commands)
    models.add_commands(commands)
    train.add_commands(commands)
    corpus.add_commands(commands)
    evaluate.add_commands(commands)
    bench.add_commands(commands)
    return parser


def _sentence_and_status(error: BaseException) -> tuple[str, int]:
    if isinstance(error, KeyboardInterrupt):
        status, sentence = STOPPED, ""
    elif isinstance(error, MienError):
        status, sentence = error.exit_status, str(error)
    elif isinstance(error, OSError):
        status, sentence = FILE, _os_error_text(error)
    elif isinstance(error, ModuleNotFoundError):
        sentence = "this installation came without the training code, which this command needs; use a checkout of Mien."
        status = MISSING
    else:
        status, sentence = FAILED, "there is not enough memory for this; try a shorter sound or a smaller mesh."
    return ("stopped; what was being made is not written." if status == STOPPED else sentence), status


def _os_error_text(error: OSError) -> str:
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror.lower() if error.strerror else error}."
