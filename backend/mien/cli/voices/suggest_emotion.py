# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien suggest-emotion`: what a voice tells of its emotion, as a direction file to look at, to change and to use."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.output import Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.speak import sound_track
from mien.direction import EMOTIONS, Direction
from mien.settings import Settings

SUFFIX = ".direction.json"


def add_commands(commands) -> None:
    """Add `mien suggest-emotion` to the parser."""
    suggest = add_command(
        commands, "suggest-emotion", suggest_command, "suggest from a voice how strongly it feels, and with doubt what"
    )
    suggest.add_argument("sound", type=Path, help="a sound file, or the sound of a film, as of mien speak")
    suggest.add_argument("--track", type=sound_track, metavar="N", help="which sound track, from 1")
    suggest.add_argument(
        "-o", "--output", type=Path, help=f"the direction file (default: the sound's name with {SUFFIX})"
    )
    suggest.add_argument(
        "--emotion", choices=EMOTIONS, metavar="NAME",
        help="what is felt, where you know it: the voice then says only how strongly",
    )  # fmt: skip
    suggest.add_argument("--limit-seconds", type=float, help="the longest sound that is read (default: 600)")


def suggest_command(args: argparse.Namespace) -> int:
    """mien suggest-emotion: a sound to a direction file."""
    from mien.audio.speech import read_speech
    from mien.files.atomic import write_whole
    from mien.speech_analysis.vocal.suggestion import suggest_emotion

    output = args.output or Path()
    if output.is_dir():
        output /= f"{args.sound.stem}{SUFFIX}"
    check_outputs([Output(output, "the direction", (".json",), args.output is not None)], sound=args.sound)
    settings = Settings.read(limit_s=args.limit_seconds)
    suggested = suggest_emotion(read_speech(args.sound, limit_s=settings.limit_s, track=args.track))
    direction = Direction.from_json(suggested.direction(args.emotion))
    fields = {name: json.loads(direction.to_json())[name] for name in ("emotion", "intensity")}
    write_whole(output, json.dumps(fields, indent=1).encode())
    if args.json:
        print(json.dumps({"direction": str(output), **suggested.to_json()}))
        return 0
    for phrase in suggested.phrases:
        first, second = sorted(phrase.emotions, key=phrase.emotions.__getitem__)[:-3:-1]
        print(
            f"{phrase.begin:6.2f} to {phrase.end:6.2f} s: arousal {phrase.arousal:.2f} (confidence "
            f"{phrase.confidence:.2f}), {first} {phrase.emotions[first]:.0%}, {second} {phrase.emotions[second]:.0%}"
        )
    how, what = suggested.doubts
    print(f"{how} {what}" if args.emotion is None else how)
    print(printable(f"{output}: for mien speak --direction"))
    return 0
