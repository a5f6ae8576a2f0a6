# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien idle`, `mien convert` and `mien export`: takes without a voice, for another head, and for other programs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.flags import (
    INTENSITY_HELP,
    SHAPE_HELP,
    add_identity_flag,
    add_preview_flags,
    direction_inputs,
    direction_of,
    frame_rate,
    identity_of,
    previewed_identity,
    shape_of,
)
from mien.cli.output import FILM, TENSORS, Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.settings import Settings

IDLE = "idle.take.safetensors"
KINDS = ("channels", "vertices", "basis", "flame")
ERROR_WORDS = {"basis_error_m": "no vertex further away than", "channel_error_m": "95 in 100 vertices nearer than"}


def add_commands(commands) -> None:
    """Add them to the parser."""
    idle = add_command(commands, "idle", idle_command, "make a take of somebody who says nothing")
    idle.add_argument("--seconds", type=float, required=True, metavar="N", help="how long it is")
    idle.add_argument("-o", "--output", type=Path, help=f"the take file (default: {IDLE})")
    idle.add_argument("--fps", type=frame_rate, default="25", help="frames a second (default: 25)")
    add_preview_flags(idle, "the take")
    idle.add_argument("--direction", type=Path, metavar="JSON", help="a direction file; the flags below change it")
    idle.add_argument("--emotion", metavar="NAME=WEIGHT,...", help="the mood, as of mien speak")
    idle.add_argument("--intensity", help=INTENSITY_HELP)
    idle.add_argument("--style", help="whose manner it is, as of mien speak")
    idle.add_argument("--persona", metavar="NAME|FILE", help="somebody in particular (mien learn)")
    idle.add_argument("--seed", type=int, help="another seed is another performance (default: 0)")
    idle.add_argument("--temperature", type=float, help="how far performances differ (default: 1)")
    speech = ("transcript", "face", "lips_model", "sound_guidance", "emotion_guidance")
    idle.set_defaults(**dict.fromkeys(speech))  # flags of a voice, which an idle has not

    convert = add_command(commands, "convert", convert_command, "convert a take between channels, vertices and FLAME")
    convert.add_argument("take", type=Path, help="a take file")
    convert.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the take file to write")
    convert.add_argument(
        "--to", choices=KINDS, required=True,
        help="the 52 channels of the default head; every vertex, or few shapes with coefficients, of the head that it "
        "moves; or FLAME",
    )  # fmt: skip
    convert.add_argument("--shape", type=Path, metavar="FILE", help=SHAPE_HELP)

    export = add_command(commands, "export", export_command, "write a take for another program")
    export.add_argument("take", type=Path, help="a take file")
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE",
        help="its suffix is the format, such as csv (Live Link Face), json (Audio2Face), glb, usd or tsv (mouth cues); "
        "docs/export.md and the refusal of an unknown one list them all",
    )  # fmt: skip
    export.add_argument("--fps", type=frame_rate, help="frames a second (default: the take's)")
    add_identity_flag(export, "the default head in glTF, USD, OBJ and point caches")


def idle_command(args: argparse.Namespace) -> int:
    """mien idle: silence, a direction and a seed to a take file."""
    from mien.heads.default import load_head
    from mien.idle import idle_take
    from mien.take import write_take

    direction = direction_of(args)
    output = args.output or Path()
    if output.is_dir():
        output /= IDLE
    outputs = [Output(output, "the take", TENSORS, args.output is not None)]
    outputs += [Output(args.preview, "the preview", FILM)] if args.preview else []
    check_outputs(outputs, **direction_inputs(args))
    identity = previewed_identity(args, load_head())
    with ProgressBar("idle", quiet=args.json) as progress:
        take = idle_take(args.seconds, direction, args.fps, progress, Settings.read().limit_s)
    write_take(take, output)
    if args.preview:
        from mien.preview.render import render_preview

        with ProgressBar("preview", quiet=args.json) as progress:
            render_preview(take, None, args.preview, progress=progress, identity=identity)
    entry = {"take": str(output), "seed": direction.seed, "frames": take.frames, "fps": str(take.fps)}
    if args.preview:
        entry["preview"] = str(args.preview)
    if args.json:
        print(json.dumps(entry))
        return 0
    print(printable(f"{output}: {take.frames} frames at {take.fps} fps, seed {direction.seed}"))
    if args.preview:
        print(f"{printable(args.preview)}: the preview")
    return 0


def convert_command(args: argparse.Namespace) -> int:
    """mien convert: channels, vertices, a basis, or onto FLAME."""
    from mien.heads.default import HeadChoice, load_head
    from mien.heads.flame import Flame
    from mien.heads.lookup import head_named, head_of
    from mien.heads.retarget import retargeter, to_basis, to_channels, to_vertices
    from mien.take import read_take, write_take

    if args.shape is not None and args.to != "flame":
        raise HeadChoice("--shape is whose face FLAME is; give it together with --to flame.")
    check_outputs([Output(args.output, "the take", TENSORS)], take=args.take, shape=args.shape)
    take, folder = read_take(args.take), Settings.read().data_folder
    source = head_of(take, folder)
    if args.to == "flame":
        converted = retargeter(head_named("flame", folder, shape_of(args.shape)), source)(take)
    elif args.to == "channels":
        from_flame = isinstance(source, Flame)
        converted = retargeter(load_head(), source)(take) if from_flame else to_channels(take, source)
    else:
        converted = (to_vertices if args.to == "vertices" else to_basis)(take, source)
    write_take(converted, args.output)
    errors = {key: float(converted.meta[key]) for key in ERROR_WORDS if key in converted.meta}
    if args.json:
        print(json.dumps({"take": str(args.output), "frames": converted.frames} | errors))
    else:
        words = "".join(f", {ERROR_WORDS[key]} {metres * 1000:.3g} mm" for key, metres in errors.items())
        print(f"{printable(args.output)}: {converted.frames} frames{words}")
    return 0


def export_command(args: argparse.Namespace) -> int:
    """mien export: the format by the suffix."""
    from mien.export import STILL, check_face, export, format_of
    from mien.heads.lookup import head_of
    from mien.take import read_take

    format_of(args.output)
    if args.identity is not None:
        check_face(args.output)
    check_outputs([Output(args.output, "the export")], take=args.take)
    take = read_take(args.take)
    if args.fps is not None:
        take = take.resample(args.fps)
    head = head_of(take, Settings.read().data_folder)
    name = export(take, head, args.output, identity_of(args.identity, head))
    if args.json:
        entry = {"written": str(args.output), "format": name, "frames": take.frames, "fps": str(take.fps)}
        print(json.dumps(entry))
    else:
        frames = "" if args.output.suffix.lower() in STILL else f", {take.frames} frames at {take.fps} fps"
        print(f"{printable(args.output)}: {name}{frames}")
    return 0
