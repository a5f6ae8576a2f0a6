# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien portrait`: a photo and a voice to the film of that face speaking."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.films.consent import add_consent_flag, consent_of
from mien.cli.films.face_choice import add_face_flags, face_choice
from mien.cli.flags import add_direction_flags, direction_inputs, direction_of, frame_rate
from mien.cli.output import Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.engines import emodiffhead

if TYPE_CHECKING:
    from mien.photo.options import PortraitOptions
    from mien.portrait import PortraitReport

DEFAULT_ENGINE = emodiffhead.INFO.name  # that of PortraitOptions, which takes long to import
RENDERERS = ("warp", "tps")  # likewise
AMOUNTS = ("head", "blinks", "gaze", "brows")


def add_commands(commands) -> None:
    """Add `mien portrait` to the parser."""
    portrait = add_command(commands, "portrait", portrait_command, "make the face of a photo speak")
    add_film_flags(portrait, "png, jpeg, webp, tiff, bmp or ppm, with a face")
    portrait.add_argument("--alpha", action="store_true", help="keep the photo's transparency; the film is a .mov")


def add_film_flags(portrait: argparse.ArgumentParser, photo: str) -> None:
    """The flags of films that are made of one photo, which `options_of` reads."""
    portrait.add_argument("photo", type=Path, help=photo)
    portrait.add_argument("voice", type=Path, help="what it says: a sound, or a film with one")
    portrait.add_argument("-o", "--output", type=Path, help="the film (default: the photo's name with .mp4)")
    add_direction_flags(portrait, DEFAULT_ENGINE)
    portrait.add_argument(
        "--take", type=Path, metavar="TAKE", help="a take that moves the face, in place of an engine's"
    )
    portrait.add_argument("--pose", type=Path, metavar="PHOTO|TAKE", help="a face to match, like --face")
    for name in AMOUNTS:
        portrait.add_argument(
            f"--{name}", type=float, metavar="AMOUNT", help=f"how much of {name}, 0 to 2 (default: 1)"
        )
    portrait.add_argument("--strength", type=float, default=1.0, help="of all that the face does, 0 to 2 (default: 1)")
    portrait.add_argument(
        "--size", type=int, metavar="PIXELS", help="of the longer side, up to 4096 (default: the photo's, at most 1920)"
    )
    portrait.add_argument(
        "--fps", type=frame_rate, default=Fraction(25), help="frames a second, 24 to 60 (default: 25)"
    )
    add_face_flags(portrait, "--which", "film")
    portrait.add_argument("--label", action="store_true", help="a visible line that says what the film is")
    portrait.add_argument(
        "--renderer", choices=RENDERERS, default=RENDERERS[0],
        help="warp, or tps: the motion model that you imported (mien models), slow without a graphics card",
    )  # fmt: skip
    portrait.add_argument("--weights", metavar="NAME", help="which of its weights, like vox (default: what fits best)")
    portrait.add_argument("--no-refine", action="store_true", help="do not refine the shading of the moved skin")
    add_consent_flag(portrait)


def portrait_command(args: argparse.Namespace) -> int:
    """mien portrait: photo and voice -> take -> film."""
    from mien.portrait import portrait

    return film_command(args, "portrait", options_of(args), portrait)


def film_command(
    args: argparse.Namespace, name: str, options: PortraitOptions, make: Callable[..., PortraitReport]
) -> int:
    """A photo and a voice to a film by `make`: outputs and consent are checked before the work."""
    output = args.output or Path(f"{args.photo.stem}{options.suffix}")
    check_outputs(
        [Output(output, "the film", (options.suffix,), args.output is not None)],
        photo=args.photo, voice=args.voice, take=args.take, pose=args.pose, **direction_inputs(args),
    )  # fmt: skip
    consent_of(args, args.photo)
    with ProgressBar(name, quiet=args.json) as progress:
        report = make(args.photo, args.voice, output, options, progress)
    if args.json:
        print(json.dumps(asdict(report)))
        return 0
    width, height = report.size
    print(f"{printable(report.output)}: {report.frames} frames of {width}x{height} at {report.fps} a second")
    for note in report.notes:
        print(f"  {printable(note)}")
    return 0


def options_of(args: argparse.Namespace) -> PortraitOptions:
    """The options that the flags ask for. PortraitRefused, DirectionError, ChoiceError in words."""
    from mien.direction import Direction
    from mien.photo.options import PortraitOptions

    direction = direction_of(args)
    amounts = {name: value for name in AMOUNTS if (value := getattr(args, name)) is not None}
    changed = Direction.from_json(amounts)
    direction = replace(direction, **{name: getattr(changed, name) for name in amounts})
    return PortraitOptions(
        engine=args.engine,
        direction=direction,
        take=None if args.take is None else str(args.take),
        pose=None if args.pose is None else str(args.pose),
        strength=args.strength,
        size=args.size,
        fps=args.fps,
        alpha=getattr(args, "alpha", False),
        face=face_choice(args),
        label=args.label,
        renderer=args.renderer,
        weights=args.weights,
        refine=not args.no_refine,
    )
