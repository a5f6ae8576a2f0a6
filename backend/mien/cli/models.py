# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that deals with what others make and use: `models`, `convert`, `export`, `bind`."""

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

from mien.cli.progress import ProgressBar
from mien.settings import Settings
from mien.take import TakeError, parse_fps, read_take, write_take

if TYPE_CHECKING:
    import numpy as np

    from mien.heads.default import Head
    from mien.heads.flame import Flame
    from mien.models.catalogue import Model
    from mien.models.user_import import Import

KINDS = ("channels", "vertices", "basis", "flame")
SHAPE_HELP = "whose face FLAME is: up to 300 numbers in a .npy, .json or .safetensors"
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
        "--to", choices=KINDS, required=True,
        help="the 52 channels of the default head; every vertex, or few shapes with coefficients, of the head that it "
        "moves; or FLAME",
    )  # fmt: skip
    convert.add_argument("--shape", type=Path, metavar="FILE", help=SHAPE_HELP)

    export = command(commands, "export", export_command, "write a take for another program")
    export.add_argument("take", type=Path, help="a take file")
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE",
        help="its suffix is the format: csv (Live Link Face), json (Audio2Face), npz (FLAME's parameters), pc2, mdd, "
        "glb, usd, usda, usdc, or obj for the face at rest",
    )  # fmt: skip
    export.add_argument("--fps", type=_fps, help="frames a second (default: the take's)")

    bind = command(commands, "bind", bind_command, "give a mesh of your own the 52 channels of the default head")
    bind.add_argument("mesh", type=Path, help="obj, ply, stl, glb, gltf, or vertices and faces in npz, safetensors")
    bind.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the .safetensors to write")
    bind.add_argument(
        "--picks", type=Path, required=True, metavar="JSON",
        help="points picked on the mesh: name to [x, y, z] or the number of a vertex (docs/bind.md has the names)",
    )  # fmt: skip
    bind.add_argument("--heat", type=Path, metavar="PNG", help="also draw how far the mesh is from the head laid over")


def add_head_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--head", choices=("mien", "flame"), default="mien", help="what moves (default: %(default)s)")
    command.add_argument("--shape", type=Path, metavar="FILE", help=f"with --head flame: {SHAPE_HELP}")


def head_asked_for(asked: argparse.Namespace) -> Head | Flame:
    """Of the flags of add_head_flags. HeadError, in words, where it is not here or the shape is none."""
    from mien.heads.lookup import head_named

    return head_named(asked.head, Settings.read().data_folder, _shape(asked.shape))


def models_command(asked: argparse.Namespace) -> int:
    """mien models: what is here, what it would need, where to get it and under which licence."""
    from mien.models.catalogue import models

    found = models(Settings.read().data_folder)
    print(json.dumps({"models": [asdict(each) for each in found]}) if asked.json else _listed(found))
    return 0


def import_command(asked: argparse.Namespace) -> int:
    """mien models import: the licence is shown; with --accept the files are converted."""
    from mien.models.user_import import find

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
    """mien convert: channels, vertices, a basis, or onto FLAME."""
    from mien.heads.default import HeadChoice, load_head
    from mien.heads.flame import Flame
    from mien.heads.lookup import head_named, head_of
    from mien.heads.retarget import to_basis, to_channels, to_vertices, way

    if asked.shape is not None and asked.to != "flame":
        raise HeadChoice("--shape is whose face FLAME is; give it together with --to flame.")
    take, folder = read_take(asked.take), Settings.read().data_folder
    its = head_of(take, folder)
    if asked.to == "flame":
        made = way(head_named("flame", folder, _shape(asked.shape)), its)(take)
    elif asked.to == "channels":
        made = way(load_head(), its)(take) if isinstance(its, Flame) else to_channels(take, its)
    else:
        made = (to_vertices if asked.to == "vertices" else to_basis)(take, its)
    write_take(made, asked.output)
    errors = {key: float(made.meta[key]) for key in ("basis_error_m", "channel_error_m") if key in made.meta}
    if asked.json:
        print(json.dumps({"take": str(asked.output), "frames": made.frames} | errors))
    else:
        print(f"{asked.output}: {made.frames} frames{''.join(_in_words(*each) for each in errors.items())}")
    return 0


def bind_command(asked: argparse.Namespace) -> int:
    """mien bind: a mesh and picks -> shapes of that mesh."""
    from mien.bind.bind import bind
    from mien.bind.mesh import read_mesh
    from mien.bind.picks import read_picks
    from mien.heads.default import load_head

    mesh, picks = read_mesh(asked.mesh), read_picks(asked.picks)
    with ProgressBar("bind", quiet=asked.json) as progress:
        bound = bind(mesh, picks, progress)
    bound.write(asked.output, load_head())
    if asked.heat:
        from mien.bind.heatmap import heat, picture

        picture(bound.places, mesh.triangles, heat(bound.distance)).save(asked.heat)
    said = {"shapes": str(asked.output), "vertices": len(mesh.vertices), "moved": len(bound.moved)}
    if asked.json:
        print(json.dumps(said | {"report": bound.report, "warnings": bound.warnings}))
    else:
        channels, moved, count = len(bound.channels), len(bound.moved), len(mesh.vertices)
        print(f"{asked.output}: {channels} channels, {moved} of {count} vertices move")
        print("\n".join([_bound_in_words(bound.report), *bound.warnings]))
    return 0


def export_command(asked: argparse.Namespace) -> int:
    """mien export: the format by the suffix."""
    from mien.export import export
    from mien.heads.lookup import head_of

    take = read_take(asked.take)
    if asked.fps is not None:
        take = take.resample(asked.fps)
    name = export(take, head_of(take, Settings.read().data_folder), asked.output)
    said = {"written": str(asked.output), "format": name, "frames": take.frames, "fps": str(take.fps)}
    print(json.dumps(said) if asked.json else f"{asked.output}: {name}, {take.frames} frames at {take.fps} fps")
    return 0


def _bound_in_words(report: dict) -> str:
    fit, mouth = report["fit_mm"], report["lips_mm"]
    lies = f"{fit['mean']} mm from the mesh, 95 in 100 vertices within {fit['p95']} mm" if fit else "nowhere on it"
    return (
        f"{report['up']} is up, {report['ahead']} ahead; {report['own_units_per_metre']:g} units a metre, were this "
        f"head as large as the default one; {'symmetric' if report['symmetric'] else 'not symmetric'}.\n"
        f"The head lies {lies}. Lips {mouth['rest']} mm apart at rest, {mouth['p']} in p, {mouth['b']} in b, "
        f"{mouth['m']} in m."
    )


def _shape(path: Path | None) -> np.ndarray | None:
    from mien.heads.flame_identity import read_shape

    return None if path is None else read_shape(path)


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
    lines, margin = [], max(len(each.name) for each in found) + 2
    for each in found:
        lines.append(f"{each.name:<{margin}}{each.what}")
        said = [f"here: {each.here}" if each.here else "not here"]
        said += [f"licence: {each.licence}"] if each.licence else []
        wrapped = textwrap.wrap(each.needs, 88, break_long_words=False, break_on_hyphens=False)
        said += [f"{'   ' if number else '-> '}{line}" for number, line in enumerate(wrapped)]
        lines += [" " * margin + line for line in said]
    return "\n".join(lines)


def _in_words(key: str, metres: float) -> str:
    what = {"basis_error_m": "no vertex further away than", "channel_error_m": "95 in 100 vertices nearer than"}
    return f", {what[key]} {metres * 1000:.3g} mm"


def _fps(text: str) -> Fraction:
    try:
        return parse_fps(text)
    except TakeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
