# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien models`: heads and weights that are here or could be brought; `mien models import` converts a user's own."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.output import printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.errors import USAGE
from mien.files.private_folder import make_private_folder
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.engines.base import Import
    from mien.models.catalogue import Model

NOT_ACCEPTED = "nothing was imported. To accept the licence, run this again with --accept."


def add_commands(commands) -> None:
    """Add `mien models` and `mien models import` to the parser."""
    models = add_command(commands, "models", models_command, "list heads and weights, what is here and what it needs")
    further = models.add_subparsers(metavar="[import]")
    importing = add_command(
        further, "import", import_command, "convert your own FLAME, ProbTalk3D or motion model, once"
    )
    importing.add_argument("path", type=Path, help="a file, or the folder of a download")
    importing.add_argument(
        "--accept", action="store_true", help="you accept the licence that is shown without this flag"
    )


def models_command(args: argparse.Namespace) -> int:
    """mien models: what is here, what it would need, where to get it and under which licence."""
    from mien.models.catalogue import models

    catalogue = models(Settings.read().data_folder)
    print(json.dumps({"models": [asdict(model) for model in catalogue]}) if args.json else _listing(catalogue))
    return 0


def import_command(args: argparse.Namespace) -> int:
    """mien models import: the licence is shown; with --accept the files are converted."""
    from mien.models.user_import import find

    download = find(args.path)
    if not args.accept:
        return _show_licence(download, args.json)
    with ProgressBar("import", quiet=args.json) as progress:
        path, new = download.convert(make_private_folder(Settings.read().data_folder), progress)
    if args.json:
        sources = [str(source) for source in download.files]
        print(json.dumps({"written": str(path), "new": new, "licence": download.licence.name, "from": sources}))
    else:
        result = "converted" if new else "made of the same before, nothing was done"
        print(f"{printable(path)}: {result}, under {download.licence.name}")
    return 0


def _show_licence(download: Import, as_json: bool) -> int:
    licence = download.licence
    if as_json:
        print(json.dumps({"error": NOT_ACCEPTED, "status": USAGE, "licence": asdict(licence)}))
    else:
        print("\n".join([", ".join(path.name for path in download.files), f"Licence: {licence.name}"]))
        print("\n".join(textwrap.wrap(licence.text, 100)))
        print(licence.page)
    print(f"mien: {NOT_ACCEPTED}", file=sys.stderr)
    return USAGE


def _listing(catalogue: list[Model]) -> str:
    lines, margin = [], max(len(model.name) for model in catalogue) + 2
    for model in catalogue:
        lines.append(f"{model.name:<{margin}}{model.what}")
        details = [f"here: {model.here}" if model.here else "not here"]
        details += [f"licence: {model.licence}"] if model.licence else []
        wrapped = textwrap.wrap(model.needs, 88, break_long_words=False, break_on_hyphens=False)
        details += [f"{'   ' if number else '-> '}{line}" for number, line in enumerate(wrapped)]
        lines += [" " * margin + line for line in details]
    return "\n".join(lines)
