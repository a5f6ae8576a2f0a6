# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien talk`: a half-length photo and a voice to the film of that person talking, hands included."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING

from mien.cli.films.portrait import add_film_flags, film_command, options_of
from mien.direction import HANDS

if TYPE_CHECKING:
    from mien.photo.body.options import TalkOptions


def add_commands(commands) -> None:
    """Add `mien talk` to the parser."""
    from mien.cli.parser import add_command

    talk = add_command(commands, "talk", talk_command, "make the person of a half-length photo talk, hands included")
    add_film_flags(talk, "png, jpeg, webp, tiff, bmp or ppm, with head, shoulders and arms")
    talk.add_argument(
        "--gestures", type=float, default=1.0, metavar="SCALE", help="how large they are, 0 to 1.5 (default: 1)"
    )
    talk.add_argument("--hands", choices=HANDS, default="both", help="which hands move (default: both)")


def talk_command(args: argparse.Namespace) -> int:
    """mien talk: photo and voice -> take -> film."""
    from mien.talk import talk

    return film_command(args, "talk", talk_options(args), talk)


def talk_options(args: argparse.Namespace) -> TalkOptions:
    """The options that the flags ask for. PortraitRefused, DirectionError, ChoiceError in words."""
    from mien.photo.body.options import TalkOptions

    options = options_of(args)
    shared = {field.name: getattr(options, field.name) for field in fields(options)}
    return TalkOptions(**shared, gestures=args.gestures, hands=args.hands)
