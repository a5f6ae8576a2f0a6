# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien learn`: films of somebody who speaks to a persona."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from mien.cli.output import Output, OutputExists, OutputRefused, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.settings import Settings

KEPT = 0.6  # share of the work that reading the clips is


def add_commands(commands) -> None:
    """Add `mien learn` to the parser."""
    learn = add_command(commands, "learn", learn_command, "learn how somebody speaks, from films or takes of them")
    learn.add_argument(
        "clips", type=Path, nargs="+", metavar="CLIP", help="films with sound, or takes; a minute in all"
    )
    learn.add_argument(
        "-o", "--output", required=True, metavar="FILE|NAME",
        help="a file that ends in .persona.safetensors; or a name, for --persona",
    )  # fmt: skip
    learn.add_argument(
        "--sound", type=Path, action="append", default=[], metavar="FILE",
        help="of the takes, once for each, in their order (default: of the same name beside it)",
    )  # fmt: skip
    learn.add_argument("--limit-seconds", type=float, help="the longest clip that is read (default: 600)")


def learn_command(args: argparse.Namespace) -> int:
    """mien learn: clips to recordings, recordings to a persona."""
    from mien.engines.articulation.persona import FOLDER, name_of
    from mien.files.atomic import write_whole
    from mien.persona.clips import read_recordings
    from mien.persona.learn import learn, sentences_of

    started, settings = time.monotonic(), Settings.read(limit_s=args.limit_seconds)
    named = not args.output.endswith(".safetensors") and Path(args.output).name == args.output
    path = persona_file(args.output, settings.data_folder)
    if named:
        if path.exists():
            raise OutputExists(f"there is a persona {args.output!r} already ({path}); give another name with -o.")
        (settings.data_folder / FOLDER).mkdir(parents=True, exist_ok=True)
    inputs = [*args.clips, *args.sound]
    check_outputs(
        [Output(path, "the persona", (".safetensors",))],
        **{f"clip {i}" if i <= len(args.clips) else "sound": each for i, each in enumerate(inputs, 1)},
    )
    if not name_of(path):
        raise OutputRefused(f"{path} has no name before its suffix; name it after who speaks.")
    with ProgressBar("persona", quiet=args.json) as progress:
        recordings, refused = read_recordings(
            args.clips, args.sound, lambda done, stage: progress(KEPT * done, stage), settings.limit_s
        )
        persona = learn(recordings, name_of(path), lambda done, stage: progress(KEPT + (1 - KEPT) * done, stage))
    write_whole(path, persona.to_bytes())
    if args.json:
        seconds = round(time.monotonic() - started, 3)
        report = {"written": str(path), "persona": persona.name, "style": asdict(persona.style)}
        print(json.dumps(report | {"learnt": persona.learnt, "refused": refused, "seconds": seconds}))
        return 0
    use = f"Use it: mien speak --persona {persona.name if named else path}"
    print("\n".join(map(printable, [*refused, f"{path}: {persona.name}", *sentences_of(persona), use])))
    return 0


def persona_file(output: str, data_folder: Path) -> Path:
    """Where a persona goes: the file, or, for a name alone, the folder that --persona reads. OutputRefused for a name
    that is none."""
    from mien.direction import MODEL_NAME
    from mien.engines.articulation.persona import FOLDER, SUFFIX

    if output.endswith(".safetensors") or Path(output).name != output:
        return Path(output)
    if not MODEL_NAME.fullmatch(output):
        raise OutputRefused(f"{output!r} is no name for a persona; give one with -o: letters, digits, dots, dashes.")
    return data_folder / FOLDER / f"{output}{SUFFIX}"
