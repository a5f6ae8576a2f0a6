# SPDX-License-Identifier: GPL-3.0-or-later
"""A lips model of one's own, chosen in a direction: in the take, its metadata, its key, the list of models."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lip_contacts import gaps
from lips import write_lips_model
from mien.direction import Direction, DirectionError
from mien.engines import ENGINES, EngineMissing, check
from mien.engines.articulation.lips.model import FOLDER, model_digest
from mien.models.catalogue import models
from mien.speak import speak
from mien.take_request import TakeRequest
from voices import voice

MINE = Direction.from_json({"lips_model": "mine"})


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["articulation", "probtalk3d", "emodiffhead"])
def test_every_engine_of_the_default_head_follows_it_and_the_take_says_so(name: str, data_folder: Path) -> None:
    write_lips_model(data_folder, "mine")
    plain, own = (speak(voice("shipped"), direction, name) for direction in (Direction(), MINE))
    assert np.abs(gaps(plain) - gaps(own)).max() > 0.002
    assert own.meta["lips_model"] == "mine"
    assert own.meta["lips_model_sha256"] == model_digest("mine", data_folder)
    assert "lips_model" not in plain.meta


def test_json_goes_both_ways_and_leaves_out_what_is_not_chosen() -> None:
    assert Direction.from_json(MINE.to_json()) == MINE
    assert "lips_model" not in Direction().to_json()
    with pytest.raises(DirectionError, match="lips_model is '../mine'; expected a name of letters"):
        Direction.from_json({"lips_model": "../mine"})


def test_what_is_not_here_or_not_supported_is_refused_in_words() -> None:
    with pytest.raises(EngineMissing, match="no lips model 'mine'; there are: none. Train one"):
        speak(voice("shipped"), MINE, "articulation")
    with pytest.raises(DirectionError, match="does not follow 'lips_model'; ask probtalk3d or"):
        check(MINE, ENGINES["toy"])


def test_the_key_of_a_take_follows_the_model(data_folder: Path) -> None:
    def key(direction: Direction) -> str:
        return TakeRequest("0" * 64, 16000, "sound", direction, "articulation", Fraction(25)).result_key(data_folder)

    missing = key(MINE)
    write_lips_model(data_folder, "mine")
    first = key(MINE)
    (data_folder / FOLDER / "mine.safetensors").unlink()
    write_lips_model(data_folder, "mine", seed=1, note="another")
    assert len({missing, first, key(MINE), key(Direction())}) == 4


def test_it_is_listed_and_one_without_its_card_says_so(data_folder: Path) -> None:
    write_lips_model(data_folder, "mine")
    (listed,) = (model for model in models(data_folder) if model.name == "lips mine")
    assert "--lips-model mine" in listed.what and "card mine.card.json is missing" in listed.needs
