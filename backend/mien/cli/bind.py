# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien bind`: a mesh of the user's own and picked points to the 52 channels on that mesh."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.cli.output import PICTURE, TENSORS, Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.files.atomic import atomic_path


def add_commands(commands) -> None:
    """Add `mien bind` to the parser."""
    bind = add_command(commands, "bind", bind_command, "give a mesh of your own the 52 channels of the default head")
    bind.add_argument("mesh", type=Path, help="obj, ply, stl, glb, gltf, or vertices and faces in npz, safetensors")
    bind.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the .safetensors to write")
    bind.add_argument(
        "--picks", type=Path, required=True, metavar="FILE",
        help="points picked on the mesh, by name (docs/bind.md): json, MeshLab's pp, or lines in txt or csv",
    )  # fmt: skip
    bind.add_argument("--heat", type=Path, metavar="PNG", help="also draw how far the mesh is from the head laid over")


def bind_command(args: argparse.Namespace) -> int:
    """mien bind: the shapes of that mesh, with a report, warnings, and a heat map where it is asked for."""
    from mien.bind.bind import bind
    from mien.bind.mesh import read_mesh
    from mien.bind.pick_file import read_picks
    from mien.heads.default import load_head

    outputs = [Output(args.output, "the file of shapes", TENSORS)]
    outputs += [Output(args.heat, "the heat map", PICTURE)] if args.heat else []
    check_outputs(outputs, mesh=args.mesh, picks=args.picks)
    mesh, picks = read_mesh(args.mesh), read_picks(args.picks)
    with ProgressBar("bind", quiet=args.json) as progress:
        bound = bind(mesh, picks, progress)
    bound.write(args.output, load_head())
    if args.heat:
        from mien.bind.heatmap import heat_colours, render_heatmap

        heatmap = render_heatmap(bound.positions, mesh.triangles, heat_colours(bound.distance))
        with atomic_path(args.heat) as part:
            heatmap.save(part)
    count, moved = len(mesh.vertices), len(bound.moved)
    if args.json:
        entry = {"shapes": str(args.output), "vertices": count, "moved": moved}
        print(json.dumps(entry | {"report": bound.report, "warnings": bound.warnings}))
    else:
        print(f"{printable(args.output)}: {len(bound.channels)} channels, {moved} of {count} vertices move")
        print("\n".join([_report_text(bound.report), *bound.warnings]))
    return 0


def _report_text(report: dict) -> str:
    fit, mouth = report["fit_mm"], report["lips_mm"]
    lies = f"{fit['mean']} mm from the mesh, 95 in 100 vertices within {fit['p95']} mm" if fit else "nowhere on it"
    return (
        f"{report['up']} is up, {report['ahead']} ahead; {report['own_units_per_metre']:g} units a metre, were this "
        f"head as large as the default one; {'symmetric' if report['symmetric'] else 'not symmetric'}"
        f"{'; inside out: its faces point inwards, and were taken as turned' if report['inside_out'] else ''}.\n"
        f"The head lies {lies}. Lips {mouth['rest']} mm apart at rest, {mouth['p']} in p, {mouth['b']} in b, "
        f"{mouth['m']} in m."
    )
