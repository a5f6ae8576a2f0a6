# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry: what every row says of its engine, and that reading it loads nothing."""

import os
import subprocess
import sys

import pytest
from checkout import ROOT
from mien.direction import EMOTIONS, OPTIONAL_FIELDS, Direction, DirectionError
from mien.engines import DEFAULT, ENGINES, NAMES, EngineError, check_film, engine
from mien.engines.articulation.styles import STYLES

LIST = "import sys, mien.engines; print(*(m for m in ('numpy', 'scipy', 'torch', 'av') if m in sys.modules))"


def test_reading_it_imports_neither_numpy_nor_torch() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "backend")}
    listed = subprocess.run([sys.executable, "-c", LIST], env=environment, capture_output=True, text=True, check=True)
    assert listed.stdout.split() == []


def test_the_default_is_offered_and_the_toy_is_not() -> None:
    assert DEFAULT in NAMES and "toy" in ENGINES and "toy" not in NAMES
    with pytest.raises(EngineError, match="there is no engine 'magic'; this Mien has probtalk3d, "):
        engine("magic")


@pytest.mark.parametrize("name", ENGINES)
def test_a_row_describes_the_engine_that_it_makes(name: str) -> None:
    info = ENGINES[name]
    assert info.name == name and engine(name).info is info
    assert info.version and info.licence and info.styles and info.batch_size >= 1
    assert set(info.emotions) <= set(EMOTIONS) and set(info.supports) <= set(OPTIONAL_FIELDS)
    assert info.head == "mien" or info.user_model  # no other head ships


@pytest.mark.parametrize("name", [name for name, info in ENGINES.items() if info.weights])
def test_weights_that_ship_have_a_card_and_can_be_read(name: str) -> None:
    info = ENGINES[name]
    assert info.weights.is_file() and info.card.is_file() and info.description
    assert sum(value.numel() for network in info.read_networks() for value in network.parameters()) > 0


def test_each_users_weights_lie_in_a_folder_of_their_own() -> None:
    folders = [info.user_folder for info in ENGINES.values() if info.user_folder]
    assert len(set(folders)) == len(folders) == 2 and not any(folder.is_absolute() for folder in folders)


def test_the_styles_of_the_rules_are_named_in_their_order() -> None:
    assert ENGINES["articulation"].styles == tuple(STYLES)


@pytest.mark.parametrize(
    ("name", "direction", "sentence"),
    [
        ("articulaton", Direction(), "did you mean 'articulation'"),
        ("probtalk3d-published", Direction(), "no channels of the mouth"),
        ("articulation", Direction(style="anna"), "no style 'anna'"),
    ],
)
def test_engines_that_no_film_can_be_made_with_are_refused(name: str, direction: Direction, sentence: str) -> None:
    check_film("articulation", Direction())
    with pytest.raises((EngineError, DirectionError), match=sentence):
        check_film(name, direction)
