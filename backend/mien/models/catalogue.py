# SPDX-License-Identifier: GPL-3.0-or-later
"""Heads and weights that are here or that a user may bring, each with its licence, and where to get it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mien.engines import ENGINES, NAMES
from mien.engines.articulation.lips.model import model_paths
from mien.engines.articulation.persona import PersonaError, name_of, persona_paths, read_persona
from mien.engines.base import UserModel
from mien.engines.diffted.published import tps
from mien.face_tracking.bundle import CARD as TRACKER_CARD
from mien.files.card import card_path
from mien.heads.default import load_head
from mien.heads.flame import FLAME_FOLDER, FLAME_NEEDED, FLAME_PAGE, LANDMARKS_NEEDED, read_flame
from mien.heads.flame_file import FlameError
from mien.heads.flame_import import CLOSED_LICENCE, OPEN_LICENCE

REFINEMENT_CARD = Path(__file__).parent.parent / "photo" / "refinement" / "mien.card.json"
PHONES_CARD = Path(__file__).parent.parent / "speech_analysis" / "network" / "mien.card.json"


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
    """Every model that can be here, those that ship first."""
    engines = [ENGINES[name] for name in NAMES]
    shipped = [_shipped("phone recogniser", "recognises phones in any voice", PHONES_CARD)]
    shipped += [_shipped("face tracker", "finds and follows a face in a film: mien track", TRACKER_CARD)]
    shipped += [_shipped("refinement", "the shade of a moved photo's skin: mien portrait, mien talk", REFINEMENT_CARD)]
    shipped += [_shipped(info.name, info.description, info.card) for info in engines if info.card]
    own = [_user_model(info.user_model, data_folder) for info in engines if info.user_model]
    motion = [_motion_model(path) for path in tps.weights_in(data_folder)]
    motion = motion or [_user_model(tps.USER_MODEL, data_folder)]
    lips = [_lips_model(path) for path in model_paths(data_folder)]
    personas = [_persona(path) for path in persona_paths(data_folder)]
    return [_default_head(), *shipped, _flame(data_folder / FLAME_FOLDER), *own, *motion, *lips, *personas]


def _default_head() -> Model:
    head = load_head()
    here = f"{len(head.vertices)} vertices, {len(head.channels)} channels"
    return Model("mien", "the default head", head.licence, here)


def _shipped(name: str, what: str, card_file: Path) -> Model:
    """Weights that come with Mien."""
    if not card_file.is_file():
        return Model(name, what, "", needs="Its weights did not come with this Mien; install it again.")
    card = json.loads(card_file.read_text("utf-8"))
    return Model(name, what, card["licence"], f"sha256 {card['sha256'][:12]}")


def _lips_model(path: Path) -> Model:
    """Lips that the user trained on footage of their own."""
    name, what = f"lips {path.stem}", f"lips of the user's own footage: --lips-model {path.stem}"
    try:
        card = json.loads(card_path(path).read_text("utf-8"))
        data, correlation = card["data"], card["correlation_on_speakers_left_out"]
        followed = f", r {correlation['aperture']:.2f} on speakers left out" if correlation else ""
        return Model(name, what, card["licence"], f"{data['clips']} clips of {data['speakers']} speakers{followed}")
    except FileNotFoundError:
        needs = f"Its card {card_path(path).name} is missing, so nobody knows what it was trained on."
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        needs = f"Its card {card_path(path).name} is damaged."
    return Model(name, what, "", needs=f"{needs} Train it again: mien train lips.")


def _motion_model(path: Path) -> Model:
    """One of the motion models that the user imported."""
    name, what = f"{tps.NAME} {path.stem}", tps.USER_MODEL.description
    try:
        card = json.loads(card_path(path).read_text("utf-8"))
        here = f"{path.stat().st_size / 1e6:.0f} MB of weights, sha256 {card['sha256'][:12]}"
        return Model(name, what, card["licence"], here)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        needs = f"Its card {card_path(path).name} is missing or damaged. Import it again: mien models import FILE."
    return Model(name, what, "", needs=needs)


def _persona(path: Path) -> Model:
    """How somebody in particular speaks, as the user's own footage has it."""
    name = name_of(path)
    what = f"how somebody speaks: --persona {name}"
    try:
        learnt = read_persona(path).learnt
        here = f"{learnt['seconds']:g} s of {learnt['clips']} clips"
    except (PersonaError, OSError, KeyError, TypeError, ValueError) as error:
        return Model(f"persona {name}", what, "", needs=f"It cannot be read ({error}). Learn it again: mien learn.")
    return Model(f"persona {name}", what, "the user's own; whoever is filmed has rights in it, too", here)


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


def _user_model(model: UserModel, data_folder: Path) -> Model:
    """Weights of an engine that the user imports or trains."""
    missing = model.missing(data_folder)
    needs = ["It moves FLAME: see there." if each.page == FLAME_PAGE else each.sentence for each in missing]
    path = data_folder / model.path
    here = f"{path.stat().st_size / 1e6:.0f} MB of weights" if path.is_file() else ""
    return Model(model.name, model.description, model.licence, here, " ".join(needs))
