# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `mien`. Each subcommand is a few lines here that call one function elsewhere.

Exit status: 0 done; 1 a part failed; 2 the command line or the direction is wrong; 3 a file cannot be read or
written; 4 something has to be installed first; 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from mien import __version__, engines
from mien.audio.speech import SpeechError, read_speech
from mien.benchmarks.speed import BenchError
from mien.bind import BindError
from mien.cli import evaluate as cli_evaluation
from mien.cli import models, serve, train
from mien.cli.models import add_head_flags, head_asked_for
from mien.cli.progress import ProgressBar
from mien.direction import EMOTIONS, Direction, DirectionError, parse_emotion, parse_intensity
from mien.engines import Cancelled, EngineError, EngineMissing
from mien.errors import USAGE, MienError
from mien.evaluation import EvaluationError
from mien.files.markdown import MarkError
from mien.heads.default import HeadChoice, HeadError
from mien.heads.flame_file import FlameMissing
from mien.models.user_import import DownloadError
from mien.service import ServiceError
from mien.settings import Settings, SettingsError
from mien.speech_analysis.errors import EarError
from mien.take import TakeError, parse_fps, read_take, write_take
from mien.training.speech_corpus.utterance import CorpusError
from mien.video import OpenGLMissing, VideoError

FAULTS: tuple[tuple[type[Exception], int], ...] = (
    (DirectionError, 2),
    (SettingsError, 2),
    (SpeechError, 3),
    (TakeError, 3),
    (OpenGLMissing, 4),
    (VideoError, 3),
    (BindError, 3),
    (DownloadError, 3),
    (FlameMissing, 4),
    (HeadChoice, 2),
    (HeadError, 3),
    (EngineMissing, 4),
    (EngineError, 1),
    (EarError, 3),
    (EvaluationError, 4),
    (CorpusError, 4),
    (MarkError, 3),
    (ServiceError, 3),
    (BenchError, 1),
    (OSError, 3),
)
SUFFIX = ".take.safetensors"
REAL_AUDIO = Path("../shared/real-speech/audio")  # beside the checkout, where its developers have it


class UsageError(MienError, ValueError):
    """The command line cannot be understood."""

    exit_status = USAGE


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and leaves how it is said to `main`."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Known faults are printed as sentences, never as tracebacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    try:
        asked = _parser().parse_args(arguments)
        return asked.do(asked)
    except UsageError as error:
        return _fault(as_json, str(error), 2)
    except (Cancelled, KeyboardInterrupt):
        return _fault(as_json, "stopped; what was being made is not written.", 130)
    except tuple(kind for kind, _ in FAULTS) as error:
        status = next(status for kind, status in FAULTS if isinstance(error, kind))
        return _fault(as_json, _sentence(error), status)


def speak_command(asked: argparse.Namespace) -> int:
    """mien speak: sound and direction -> take files, and previews."""
    from mien.speak import speak_takes

    started = time.monotonic()
    settings = Settings.read(limit_s=asked.limit_seconds)
    direction = _direction(asked)
    seeds = [direction.with_seed(direction.seed + i).seed for i in range(asked.takes)]
    output = asked.output or Path()
    if output.is_dir():
        output /= f"{asked.sound.stem}{SUFFIX}"
    for written in filter(None, (output, asked.preview)):
        _check_place(written)
        if written.exists() and asked.sound.exists() and written.samefile(asked.sound):
            raise DirectionError(f"{written} is the sound itself, which would be lost; name another file to write.")
    head = head_asked_for(asked)
    if asked.preview and head.said["head"] != "mien":
        raise HeadChoice("--preview shows the default head; leave --head out, or --preview.")
    speech = read_speech(asked.sound, limit_s=settings.limit_s)
    made = []
    with ProgressBar("takes" if asked.takes > 1 else f"take, seed {direction.seed}", quiet=asked.json) as progress:
        takes = speak_takes(speech, direction, seeds, asked.engine, asked.fps, progress, head)
        for seed, take in zip(seeds, takes, strict=True):
            path = _numbered(output, seed, asked.takes)
            write_take(take, path)
            frames, fps = take.frames, str(take.fps)
            made.append({"take": str(path), "seed": seed, "frames": frames, "fps": fps, "engine": asked.engine})
    for entry in made:
        if asked.preview:
            from mien.preview.render import render_preview

            entry["preview"] = str(_numbered(asked.preview, entry["seed"], asked.takes))
            with ProgressBar("preview", quiet=asked.json) as progress:
                render_preview(read_take(entry["take"]), speech, Path(entry["preview"]), progress=progress)
        if not asked.json:
            _say_made(entry)
    if asked.json:
        seconds = round(time.monotonic() - started, 3)
        print(json.dumps({"made": made, "sound_seconds": float(speech.duration), "seconds": seconds}))
    return 0


def doctor_command(asked: argparse.Namespace) -> int:
    """mien doctor: what this machine has and lacks."""
    from mien.doctor import checks as doctor

    if asked.backend:
        findings = doctor.examine_backend(asked.backend, os.environ.get("MIEN_TOKEN", ""))
    else:
        findings = doctor.examine()
    print(doctor.to_json(findings) if asked.json else doctor.report(findings))
    return 0 if doctor.healthy(findings) else 1


def evaluate_real_command(asked: argparse.Namespace) -> int:
    """mien evaluate real: curves for real-speech/score.py."""
    from mien.evaluation.takes.real_speech import write_curves

    direction = _direction(asked)
    with ProgressBar("clips", quiet=asked.json) as progress:
        written = write_curves(asked.audio, asked.folder, asked.engine, direction, progress)
    said = f"{len(written)} curves in {asked.folder}"
    print(json.dumps({"written": [str(path) for path in written]}) if asked.json else said)
    return 0


def bench_command(asked: argparse.Namespace) -> int:
    """mien bench: speed and memory, side by side, as ratios."""
    from mien.benchmarks.speed import measure, table, write_into

    rows = measure(asked.seconds, asked.rhubarb)
    print(json.dumps(rows) if asked.json else table(rows))
    if asked.readme:
        write_into(asked.readme, rows)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="mien",
        description="Recorded speech and a chosen emotion become facial animation.",
        epilog=__doc__.partition("\n\n")[2],
    )
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    speak = _command(commands, "speak", speak_command, "turn a sound into a take")
    speak.add_argument("sound", type=Path, help="wav, flac, ogg, mp3, m4a, or the sound of mp4, mov, mkv")
    speak.add_argument("-o", "--output", type=Path, help=f"the take file (default: the sound's name with {SUFFIX})")
    speak.add_argument("--fps", type=_fps, default="25", help="frames a second, or 'engine' for its own (default: 25)")
    add_head_flags(speak)
    speak.add_argument("--takes", type=_count, default=1, help="so many takes, seeds counting up (default: 1)")
    speak.add_argument("--preview", type=Path, metavar="MP4", help="also render the take with its sound")
    _direction_flags(speak)
    speak.add_argument("--limit-seconds", type=float, help="the longest sound that is read (default: 600)")

    serve.add_commands(commands, _command)
    doctor = _command(commands, "doctor", doctor_command, "say what this machine or a backend has and lacks")
    doctor.add_argument("--backend", metavar="URL", help="ask this backend instead; its token is read from MIEN_TOKEN")

    evaluate = commands.add_parser("evaluate", help="measure an engine or an ear")
    evaluate = evaluate.add_subparsers(required=True, metavar="WHAT")
    real = _command(evaluate, "real", evaluate_real_command, "curves of takes for real speakers' sounds, for score.py")
    real.add_argument("folder", type=Path, metavar="DIR", help="where NAME.npz of every sound goes")
    real.add_argument("--audio", type=Path, default=REAL_AUDIO, metavar="FOLDER", help="the sounds, as .wav files")
    _direction_flags(real)
    cli_evaluation.add_commands(evaluate, _command)

    train.add_commands(commands, _command)
    models.add_commands(commands, _command)

    bench = _command(commands, "bench", bench_command, "measure speed and memory, as ratios")
    bench.add_argument("--seconds", type=float, default=60.0, help="length of the speech (default: 60)")
    bench.add_argument(
        "--rhubarb", type=Path, metavar="FOLDER", help="with `npm install rhubarb-lip-sync-wasm`: measured besides"
    )
    bench.add_argument("--readme", type=Path, help="write the table into this file, between its bench marks")
    serve.add_bench(bench.add_subparsers(metavar="WHAT"), _command)
    return parser


def _command(commands, name: str, run, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.set_defaults(do=run)
    command.add_argument("--json", action="store_true", help="one JSON object on standard output, for machines")
    return command


def _direction_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--engine", default=engines.DEFAULT, choices=engines.NAMES, help="(default: %(default)s)")
    command.add_argument("--direction", type=Path, metavar="JSON", help="a direction file; the flags below change it")
    command.add_argument("--emotion", metavar="NAME=WEIGHT,...", help=f"a mix of {', '.join(EMOTIONS)}")
    command.add_argument("--intensity", help="low, medium, high, or a number from 0 to 1")
    styles = engines.ENGINES[engines.DEFAULT].info.styles_in_words
    command.add_argument("--style", help=f"who speaks, and how: {styles}")
    command.add_argument("--seed", type=int, help="another seed is another performance (default: 0)")
    command.add_argument(
        "--temperature", type=float, help="how far performances differ; 0 is the most probable one (default: 1)"
    )
    command.add_argument("--transcript", type=Path, metavar="TEXT", help="a text file with what is said")
    command.add_argument("--face", type=_face, metavar="JSON", help='a face of one\'s own: {"mouthSmileLeft": 0.5}')
    for name, what in (("sound", "speech"), ("emotion", "emotion or face")):
        help = f"how closely the {what} is followed, from 0 to 5 (default: 1, as it was learnt)"
        command.add_argument(f"--{name}-guidance", type=float, metavar="FACTOR", help=help)


def _direction(asked: argparse.Namespace) -> Direction:
    direction = Direction.from_file(asked.direction) if asked.direction else Direction()
    changes: dict[str, object] = {}
    if asked.emotion is not None:
        changes["emotion"] = parse_emotion(asked.emotion)
    if asked.intensity is not None:
        changes["intensity"] = parse_intensity(asked.intensity)
    for name in ("style", "seed", "temperature", "face", "sound_guidance", "emotion_guidance"):
        if (value := getattr(asked, name)) is not None:
            changes[name] = value
    if asked.transcript is not None:
        changes["transcript"] = asked.transcript.read_text("utf-8", errors="replace")
    changed = Direction.from_json(changes)
    return replace(direction, **{name: getattr(changed, name) for name in changes})


def _fps(text: str) -> Fraction | None:
    """None is the engine's own rate."""
    try:
        return None if text == "engine" else parse_fps(text)
    except TakeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _face(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON, such as {{"mouthSmileLeft": 0.5}}') from None


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of takes from 1 to 1000")
    return int(text)


def _numbered(path: Path, seed: int, takes: int) -> Path:
    """The path itself for one take; with the seed before the suffix for several."""
    if takes == 1:
        return path
    suffix = SUFFIX if path.name.endswith(SUFFIX) else path.suffix
    return path.with_name(f"{path.name.removesuffix(suffix)}.seed-{seed}{suffix}")


def _check_place(path: Path) -> None:
    """Before the work, whether its result can be written. OSError with the name of what is in the way."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file in it", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder; make it first", str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "nothing can be written there; name another folder", str(path.parent))


def _say_made(entry: dict) -> None:
    print(f"{entry['take']}: {entry['frames']} frames at {entry['fps']} fps, seed {entry['seed']}")
    if "preview" in entry:
        print(f"{entry['preview']}: the preview, with sound")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror.lower() if error.strerror else error}."
    return str(error)


def _fault(as_json: bool, sentence: str, status: int) -> int:
    print(f"mien: {sentence}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": sentence, "status": status}))
    return status
