# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mien has and what a user may bring: heads and weights, each with its licence, and where to get it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mien.engines.probtalk3d_published import engine
from mien.heads.default import load_head
from mien.heads.flame import FLAME_FOLDER, FLAME_NEEDED, FLAME_PAGE, LANDMARKS_NEEDED, read_flame
from mien.heads.flame_file import FlameError
from mien.heads.flame_import import CLOSED_LICENCE, OPEN_LICENCE

HERE = Path(__file__).parent.parent
OWN = (
    ("ear", "hears phones in any voice", HERE / "speech_analysis" / "network" / "mien.card.json"),
    ("probtalk3d", "draws takes from speech, a style and emotions", HERE / "engines" / "probtalk3d" / "mien.card.json"),
)


@dataclass(frozen=True)
class Model:
    """`here`: what is here, in words, or empty; then `needs` says what to do. `licence`: of what is here, or of what
    would be brought."""

    name: str
    what: str
    licence: str
    here: str = ""
    needs: str = ""


def models(data_folder: Path) -> list[Model]:
    """Everything that can be here, what comes with Mien first."""
    ours = [_default_head(), *(_own(*each) for each in OWN)]
    return [*ours, _flame(data_folder / FLAME_FOLDER), _published(data_folder)]


def _default_head() -> Model:
    head = load_head()
    here = f"{len(head.vertices)} vertices, {len(head.channels)} channels"
    return Model("mien", "the default head", head.licence, here)


def _own(name: str, what: str, card_file: Path) -> Model:
    """Weights that come with Mien."""
    card = json.loads(card_file.read_text("utf-8"))
    return Model(name, what, card["licence"], f"sha256 {card['sha256'][:12]}")


def _flame(folder: Path) -> Model:
    what = "the head of the FLAME model; takes of engines that move it become channels"
    if not folder.exists():
        return Model("flame", what, f"{CLOSED_LICENCE.name}; FLAME 2023 Open: {OPEN_LICENCE.name}", needs=FLAME_NEEDED)
    try:
        flame = read_flame(folder)
    except FlameError as error:
        return Model("flame", what, "", needs=str(error))
    here = f"{flame.name}, {len(flame.template)} vertices, {len(flame.expression_basis)} expressions"
    if flame.landmark_triangles is not None:
        return Model("flame", what, flame.licence, f"{here}, with landmarks")
    return Model("flame", what, flame.licence, f"{here}, without landmarks", LANDMARKS_NEEDED)


def _published(data_folder: Path) -> Model:
    name, what = engine.NAME, "ProbTalk3D as published: emotional speech on FLAME"
    lacks = engine.missing(data_folder)
    said = ["It moves FLAME: see there." if each.page == FLAME_PAGE else each.sentence for each in lacks]
    path = data_folder / engine.FOLDER / engine.FILE
    here = f"{path.stat().st_size / 1e6:.0f} MB of weights" if path.is_file() else ""
    return Model(name, what, engine.LICENCE.name, here, " ".join(said))
