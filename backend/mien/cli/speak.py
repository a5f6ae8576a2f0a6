# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien speak`: a sound and a direction to take files, and previews of them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.flags import (
    add_direction_flags,
    add_gesture_flags,
    add_head_flags,
    add_preview_flags,
    direction_inputs,
    direction_of,
    frame_rate,
    head_of,
    previewed_identity,
)
from mien.cli.output import FILM, TENSORS, Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.direction import Direction
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.audio.speech import Speech
    from mien.heads.identity import Identity
    from mien.take import Take

SUFFIX = ".take.safetensors"
WARPS = {
    "none": "of the same sound or length: its time as it is",
    "even": "stretched evenly, as the phrases of its sound are not known",
    "phrases": "stretched phrase by phrase",
}


def add_commands(commands) -> None:
    """Add `mien speak` to the parser."""
    speak = add_command(commands, "speak", speak_command, "turn a sound into a take")
    speak.add_argument("sound", type=Path, help="wav, flac, ogg, mp3, m4a, or the sound of mp4, mov, mkv")
    speak.add_argument(
        "--track", type=sound_track, metavar="N", help="which sound track, from 1 (default: one with speech)"
    )
    speak.add_argument("-o", "--output", type=Path, help=f"the take file (default: the sound's name with {SUFFIX})")
    speak.add_argument("--fps", type=_fps, default="25", help="frames a second, or 'engine' for its own (default: 25)")
    add_head_flags(speak)
    speak.add_argument("--takes", type=_count, default=1, help="so many takes, seeds counting up (default: 1)")
    add_preview_flags(speak, "the take with its sound")
    speak.add_argument(
        "--performance", type=Path, metavar="TAKE", help="brows, lids, gaze and head of this take, as of mien track"
    )
    speak.add_argument(
        "--performance-part", choices=("nonverbal", "lips"), default="nonverbal",
        help="what is of the performance: brows, lids, gaze and head, or the lips (default: nonverbal)",
    )  # fmt: skip
    add_direction_flags(speak)
    add_gesture_flags(speak)
    speak.add_argument("--limit-seconds", type=float, help="the longest sound that is read (default: 600)")


def speak_command(args: argparse.Namespace) -> int:
    """mien speak: one take for each seed; previews once all takes are written."""
    from mien.audio.speech import read_speech
    from mien.heads.default import HeadChoice
    from mien.performance import Performance
    from mien.speak import speak_takes
    from mien.take import write_take

    started = time.monotonic()
    settings = Settings.read(limit_s=args.limit_seconds)
    direction = direction_of(args)
    seeds = _seeds(direction, args.takes)
    output = args.output or Path()
    if output.is_dir():
        output /= f"{args.sound.stem}{SUFFIX}"
    named = args.output is not None
    paths = [_numbered(output, seed, args.takes) for seed in seeds]
    previews = [_numbered(args.preview, seed, args.takes) for seed in seeds] if args.preview else []
    check_outputs(
        [*(Output(path, "the take", TENSORS, named, output) for path in paths),
         *(Output(path, "the preview", FILM, written_as=args.preview) for path in previews)],
        sound=args.sound, performance=args.performance, shape=args.shape, **direction_inputs(args),
    )  # fmt: skip
    if args.performance and args.head != "mien":
        raise HeadChoice("--performance goes into takes of the default head, which have channels; leave --head out.")
    head = head_of(args)
    if args.preview and args.head != "mien":
        raise HeadChoice("--preview shows the default head; leave --head out, or --preview.")
    identity = previewed_identity(args, head)
    performance = Performance.from_file(args.performance, args.performance_part) if args.performance else None
    speech = read_speech(args.sound, limit_s=settings.limit_s, track=args.track)
    entries: list[dict] = []
    with saying_what_is_made(entries):
        with ProgressBar("takes" if args.takes > 1 else f"take, seed {direction.seed}", quiet=args.json) as progress:
            takes = speak_takes(speech, direction, seeds, args.engine, args.fps, progress, head, performance)
            for path, seed, take in zip(paths, seeds, takes, strict=True):
                write_take(take, path)
                frames, fps = take.frames, str(take.fps)
                entry = {"take": str(path), "seed": seed, "frames": frames, "fps": fps, "engine": args.engine}
                if performance is not None:
                    entry["performance"] = json.loads(take.meta["performance"])
                entries.append(entry | report_of(take))
        for number, entry in enumerate(entries):
            if previews:
                _render_preview(entry, previews[number], speech, args.json, identity)
            if not args.json:
                _print_entry(entry)
    if not args.json:
        for sentence in dict.fromkeys(sentence for entry in entries for sentence in entry["warnings"]):
            print(f"mien: {printable(sentence)}", file=sys.stderr)
    if args.json:
        seconds = round(time.monotonic() - started, 3)
        print(json.dumps({"made": entries, "sound_seconds": float(speech.duration), "seconds": seconds}))
    return 0


@contextmanager
def saying_what_is_made(entries: list[dict]) -> Iterator[None]:
    """What the block raises has `entries` as its `made`, so that `main` says which takes are written."""
    try:
        yield
    except BaseException as error:
        if entries:
            error.made = entries  # pyright: ignore[reportAttributeAccessIssue]
        raise


def _seeds(direction: Direction, takes: int) -> list[int]:
    """One for each take, counting up from the direction's. DirectionError beyond the largest seed."""
    return [direction.with_seed(direction.seed + i).seed for i in range(takes)]


def _render_preview(entry: dict, path: Path, speech: Speech, quiet: bool, identity: Identity | None) -> None:
    from mien.preview.render import render_preview
    from mien.take import read_take

    with ProgressBar("preview", quiet=quiet) as progress:
        render_preview(read_take(entry["take"]), speech, path, progress=progress, identity=identity)
    entry["preview"] = str(path)


def _fps(text: str) -> Fraction | None:
    """None is the engine's own rate."""
    return None if text == "engine" else frame_rate(text)


def sound_track(text: str) -> int:
    """The number of a sound track, from 1, as it is written. Raises ArgumentTypeError."""
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a sound track; the first is 1")
    return int(text)


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


def _print_entry(entry: dict) -> None:
    print(f"{printable(entry['take'])}: {entry['frames']} frames at {entry['fps']} fps, seed {entry['seed']}")
    if performance := entry.get("performance"):
        print(f"  {performance['part']} of {printable(performance['source'])}, {WARPS[performance['warp']]}")
    if "preview" in entry:
        print(f"{printable(entry['preview'])}: the preview, with sound")


def report_of(take: Take) -> dict:
    """`sound` (facts) and `warnings` (sentences) of a take, for JSON."""
    return {"sound": json.loads(take.meta.get("sound", "{}")), "warnings": json.loads(take.meta.get("warnings", "[]"))}
