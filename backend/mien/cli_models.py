# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that deals with what others make and use: `models`, `convert` and `export`."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from mien.console import ProgressBar
from mien.settings import Settings
from mien.take import Take, TakeError, parse_fps, read_take, write_take

if TYPE_CHECKING:
    from mien.downloads import Import
    from mien.heads.flame import Flame
    from mien.heads.mien import Head
    from mien.models import Model

KINDS = ("channels", "vertices", "basis")  # of mien.convert
NOT_ACCEPTED = "nothing was imported. To accept the licence, run this again with --accept."


def add_commands(commands, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the parser; `command` makes one with what all have."""
    models = command(commands, "models", models_command, "list heads and weights, what is here and what it would need")
    models = models.add_subparsers(metavar="WHAT")
    bring = command(models, "import", import_command, "convert your own FLAME or ProbTalk3D, once")
    bring.add_argument("path", type=Path, help="a file, or the folder of a download")
    bring.add_argument("--accept", action="store_true", help="you accept the licence that is shown without this flag")

    convert = command(commands, "convert", convert_command, "say a take another way")
    convert.add_argument("take", type=Path, help="a take file")
    convert.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the take file to write")
    convert.add_argument(
        "--to", choices=KINDS, required=True, help="the 52 channels, every vertex, or shapes with coefficients"
    )

    export = command(commands, "export", export_command, "write a take for another program")
    export.add_argument("take", type=Path, help="a take file")
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE",
        help="its suffix is the format: csv (Live Link Face), json (Audio2Face), pc2, mdd, glb, usd, usda, usdc",
    )  # fmt: skip
    export.add_argument("--fps", type=_fps, help="frames a second (default: the take's)")


def models_command(asked: argparse.Namespace) -> int:
    """mien models: what is here, what it would need, where to get it and under which licence."""
    from mien.models import models

    found = models(Settings.read().data_folder)
    print(json.dumps({"models": [asdict(each) for each in found]}) if asked.json else _listed(found))
    return 0


def import_command(asked: argparse.Namespace) -> int:
    """mien models import: the licence is shown; with --accept the files are converted."""
    from mien.downloads import find

    found = find(asked.path)
    if not asked.accept:
        return _show_licence(found, asked.json)
    with ProgressBar("import", quiet=asked.json) as progress:
        written, new = found.convert(Settings.read().data_folder, progress)
    said = {"written": str(written), "new": new, "licence": found.licence.name}
    said["from"] = [str(path) for path in found.files]
    done = "converted" if new else "made of the same before, nothing was done"
    print(json.dumps(said) if asked.json else f"{written}: {done}, under {found.licence.name}")
    return 0


def convert_command(asked: argparse.Namespace) -> int:
    """mien convert: channels, vertices or a basis."""
    from mien.convert import to_basis, to_channels, to_vertices
    from mien.heads.binding import bind_flame
    from mien.heads.flame import Flame
    from mien.heads.mien import load_head

    take = read_take(asked.take)
    head = _head_of(take)
    if asked.to == "vertices":
        made = to_vertices(take, head)
    elif asked.to == "basis":
        made = to_basis(take, head)
    elif isinstance(head, Flame):
        made = to_channels(take, load_head(), head, bind_flame(head, load_head()))
    else:
        made = to_channels(take, head)
    write_take(made, asked.output)
    errors = {key: float(made.meta[key]) for key in ("basis_error_m", "channel_error_m") if key in made.meta}
    if asked.json:
        print(json.dumps({"take": str(asked.output), "frames": made.frames} | errors))
    else:
        print(f"{asked.output}: {made.frames} frames{''.join(_in_words(*each) for each in errors.items())}")
    return 0


def export_command(asked: argparse.Namespace) -> int:
    """mien export: the format by the suffix."""
    from mien.export import export

    take = read_take(asked.take)
    if asked.fps is not None:
        take = take.resample(asked.fps)
    name = export(take, _head_of(take), asked.output)
    said = {"written": str(asked.output), "format": name, "frames": take.frames, "fps": str(take.fps)}
    print(json.dumps(said) if asked.json else f"{asked.output}: {name}, {take.frames} frames at {take.fps} fps")
    return 0


def _head_of(take: Take) -> Head | Flame:
    """The head that a take's metadata names. HeadError where it is not here; TakeError for one nobody knows."""
    from mien.heads.flame import FLAME_FOLDER, read_flame
    from mien.heads.mien import load_head

    name = take.meta.get("head", "mien")
    if name == "mien":
        return load_head()
    if name == "flame":
        return read_flame(Settings.read().data_folder / FLAME_FOLDER)
    raise TakeError(f"the take is of the head {name!r}; this Mien knows mien and flame.")


def _show_licence(found: Import, as_json: bool) -> int:
    licence = found.licence
    if as_json:
        print(json.dumps({"error": NOT_ACCEPTED, "status": 2, "licence": asdict(licence)}))
    else:
        print("\n".join([", ".join(path.name for path in found.files), f"Licence: {licence.name}"]))
        print("\n".join(textwrap.wrap(licence.text, 100)))
        print(licence.page)
    print(f"mien: {NOT_ACCEPTED}", file=sys.stderr)
    return 2


def _listed(found: list[Model]) -> str:
    lines = []
    for each in found:
        lines.append(f"{each.name:<12}{each.what}")
        lines.append(f"{'':<12}{f'here: {each.here}' if each.here else 'not here'}")
        if each.licence:
            lines.append(f"{'':<12}licence: {each.licence}")
        wrapped = textwrap.wrap(each.needs, 88, break_long_words=False, break_on_hyphens=False)
        lines += [f"{'':<12}{'-> ' if not number else '   '}{line}" for number, line in enumerate(wrapped)]
    return "\n".join(lines)


def _in_words(key: str, metres: float) -> str:
    what = {"basis_error_m": "no vertex further away than", "channel_error_m": "95 in 100 vertices nearer than"}
    return f", {what[key]} {metres * 1000:.3g} mm"


def _fps(text: str) -> Fraction:
    try:
        return parse_fps(text)
    except TakeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
