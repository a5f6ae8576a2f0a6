# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags that several commands share, and the values that they stand for."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from mien import engines
from mien.direction import (
    EMOTIONS,
    HANDS,
    INTENSITY,
    LEVELS,
    OF_THE_BODY,
    Direction,
    DirectionError,
    constant,
    parse_emotion,
    parse_intensity,
)
from mien.files.strict_json import JsonError, parse_json
from mien.files.text import read_text
from mien.settings import Settings

if TYPE_CHECKING:
    import numpy as np

    from mien.heads.default import Head
    from mien.heads.flame import Flame
    from mien.heads.identity import Identity

INTENSITY_HELP = f"{', '.join(LEVELS)}, or a number from 0 to 1 (default: {INTENSITY:g}, medium)"
PREVIEWED, PLAIN = "adult", "plain"  # whom --preview shows, as Blender's Add Default Head; the head without an identity
SHAPE_HELP = "whose face FLAME is: up to 300 numbers in a .npy, .json or .safetensors"


def add_direction_flags(command: argparse.ArgumentParser, engine: str | None = engines.DEFAULT) -> None:
    """The engine and the direction of a take; `direction_of` reads the direction. engine: the default, None where a
    file of options may have another."""
    command.add_argument(
        "--engine",
        type=str.lower,
        default=engine,
        choices=engines.NAMES,
        help=f"(default: {engine or engines.DEFAULT})",
    )
    command.add_argument("--direction", type=Path, metavar="JSON", help="a direction file; the flags below change it")
    command.add_argument(
        "--emotion", metavar="NAME=WEIGHT,...", help=f"a mix of {', '.join(EMOTIONS)}, as happy=0.7,sad=0.2"
    )
    command.add_argument("--intensity", help=INTENSITY_HELP)
    styles = engines.info_of(engines.DEFAULT).styles_in_words
    command.add_argument("--style", help=f"who speaks, and how: {styles}")
    command.add_argument("--seed", type=int, help="another seed is another performance (default: 0)")
    command.add_argument(
        "--temperature", type=float, help="how far performances differ; 0 is the most probable one (default: 1)"
    )
    command.add_argument("--transcript", type=Path, metavar="TEXT", help="what is said: plain text, .srt or .vtt")
    command.add_argument(
        "--face", type=_face, metavar="JSON",
        help='the expression to wear while speaking, as weights of ARKit channels: {"mouthSmileLeft": 0.5}',
    )  # fmt: skip
    command.add_argument(
        "--lips-model", metavar="NAME", help="lips of your own footage (mien train lips; default: people's statistics)"
    )
    command.add_argument(
        "--persona", metavar="NAME|FILE", help="somebody in particular (mien learn), in the place of a style"
    )
    for name, source in (("sound", "speech"), ("emotion", "emotion or face")):
        text = f"how closely the {source} is followed, from 0 to 5 (default: 1, as it was learnt)"
        command.add_argument(f"--{name}-guidance", type=float, metavar="FACTOR", help=text)


def add_gesture_flags(command: argparse.ArgumentParser) -> None:
    """Arms and hands of a body; `direction_of` reads them."""
    command.add_argument(
        "--gestures", type=float, nargs="?", const=1.0, metavar="SCALE",
        help="joints of a body that gestures with the voice, 0 to 1.5 times as large (docs/gestures.md)",
    )  # fmt: skip
    command.add_argument("--hands", choices=HANDS, help="which hands gesture (default: both)")


def direction_of(args: argparse.Namespace, start: Direction | None = None) -> Direction:
    """The direction file, or `start`, or that of INTENSITY, changed by the flags of `add_direction_flags`.
    DirectionError."""
    start = start or Direction(intensity=constant(INTENSITY))
    direction = Direction.from_file(args.direction) if args.direction else start
    changes: dict[str, object] = {}
    if args.emotion is not None:
        changes["emotion"] = parse_emotion(args.emotion)
    if args.intensity is not None:
        changes["intensity"] = parse_intensity(args.intensity)
    names = ("style", "seed", "temperature", "face", "lips_model", "sound_guidance", "emotion_guidance")
    for name in (*names, *OF_THE_BODY):
        if (value := getattr(args, name, None)) is not None:
            changes[name] = value
    if args.persona is not None:
        changes["persona"] = _persona_name(args.persona)
    if args.transcript is not None:
        changes["transcript"] = read_text(args.transcript)
    changed = Direction.from_json(changes)
    direction = replace(direction, **{name: getattr(changed, name) for name in changes})
    if changes.get("hands") not in (None, "none") and "gestures" not in changes and not direction.gestures:
        raise DirectionError("--hands says which hands gesture, and none do; add --gestures, or leave --hands out.")
    return direction


def direction_inputs(args: argparse.Namespace) -> dict[str, Path | None]:
    """The files that `direction_of` reads, as `check_outputs` takes them."""
    persona = Path(args.persona) if args.persona is not None and _is_persona_file(args.persona) else None
    return {"direction": args.direction, "transcript": args.transcript, "persona": persona}


def add_head_flags(command: argparse.ArgumentParser) -> None:
    """The head that a take moves; `head_of` reads it."""
    command.add_argument("--head", choices=("mien", "flame"), default="mien", help="what moves (default: %(default)s)")
    command.add_argument("--shape", type=Path, metavar="FILE", help=f"with --head flame: {SHAPE_HELP}")


def head_of(args: argparse.Namespace) -> Head | Flame:
    """The head of the flags of `add_head_flags`. HeadError, in words, where it is not here or the shape is none."""
    from mien.heads.lookup import head_named

    return head_named(args.head, Settings.read().data_folder, shape_of(args.shape))


def add_identity_flag(command: argparse.ArgumentParser, where: str, default: str = "the plain head") -> None:
    """Whose face the default head has; `identity_of` reads it."""
    command.add_argument("--identity", metavar="NAME", help=f"whose face and hair {where} has (default: {default})")


def add_preview_flags(command: argparse.ArgumentParser, what: str) -> None:
    """`--preview` and who is seen in it; `previewed_identity` reads that."""
    command.add_argument("--preview", type=Path, metavar="MP4", help=f"also render {what}")
    add_identity_flag(command, "the head of --preview", f"{PREVIEWED}; {PLAIN} is the head without hair")


def previewed_identity(args: argparse.Namespace, head: Head | Flame) -> Identity | None:
    """Who is seen in the preview, None for the plain head or without a preview. HeadChoice where a face is named and
    no preview is asked for; UnknownIdentity as of `identity_of`."""
    from mien.heads.default import HeadChoice

    if args.preview:
        name = args.identity or PREVIEWED
        return None if name == PLAIN else identity_of(name, head)
    if args.identity:
        raise HeadChoice("--identity is whose face --preview shows, and a take is of no one's; add --preview FILE.mp4.")
    return None


def identity_of(name: str | None, head: Head | Flame) -> Identity | None:
    """The identity of --identity, None without it. UnknownIdentity, with the list; HeadChoice for another head."""
    from mien.heads.default import Head, HeadChoice
    from mien.heads.identity import load_identity

    if name is None:
        return None
    identity = load_identity(name)
    if not isinstance(head, Head):
        raise HeadChoice("--identity is a face of the default head; FLAME has --shape. Leave one of them out.")
    return identity


def shape_of(path: Path | None) -> np.ndarray | None:
    """(N,) identity coefficients of FLAME from the file of --shape; None without one."""
    from mien.heads.flame_identity import read_shape

    return None if path is None else read_shape(path)


def add_jobs_flag(command: argparse.ArgumentParser) -> None:
    """How many processes work at once."""
    command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")


def frame_rate(text: str) -> Fraction:
    """Frames a second, as an argument."""
    from mien.take import TakeError, parse_fps

    try:
        return parse_fps(text)
    except TakeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def step_count(text: str) -> int:
    """Steps of a training, as an argument."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= 10**9):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of steps from 1 to 1000000000")
    return int(text)


def count(text: str) -> int:
    """How many of something are made, as an argument."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 1000")
    return int(text)


def json_object(text: str) -> dict:
    """A JSON object, as an argument."""
    try:
        value = parse_json(text)
    except JsonError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object, like {{"batch": 8}}')
    return value


def _persona_name(text: str) -> str:
    """The name itself, or the one under which a persona file is kept in the data folder. PersonaError, OSError."""
    from mien.engines.articulation.persona import keep_persona

    return keep_persona(Path(text), Settings.read().data_folder) if _is_persona_file(text) else text


def _is_persona_file(text: str) -> bool:
    from mien.engines.articulation.persona import SUFFIX

    return text.endswith(SUFFIX) or bool(Path(text).parent.name)


def _face(text: str) -> object:
    try:
        return parse_json(text)
    except JsonError as error:
        raise argparse.ArgumentTypeError(
            f'{text[:60]!r} is no JSON, such as {{"mouthSmileLeft": 0.5}} ({error})'
        ) from None
