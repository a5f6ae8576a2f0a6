# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from mien import engines
from mien import take_request as module
from mien.direction import Direction, DirectionError
from mien.take_request import TakeRequest

REQUEST = TakeRequest(
    "5ound", 48000, "hum", Direction.from_json('{"emotion": {"happy": 0.7}}'), "toy", Fraction(30000, 1001)
)
FOLDER = Path("nowhere")


def test_a_request_is_read_as_it_was_written() -> None:
    for request in (REQUEST, replace(REQUEST, fps=None, head="flame", name='"grüße" \n')):
        assert TakeRequest.from_json(request.to_json()) == request
    assert (REQUEST.seconds, REQUEST.frames, replace(REQUEST, fps=None).frames) == (3.0, 90, None)


def test_what_another_version_wrote_is_refused() -> None:
    with pytest.raises(DirectionError, match="'glee'"):
        TakeRequest.from_json(REQUEST.to_json().replace("happy", "glee"))


def test_the_result_key_is_that_of_the_take_and_not_of_how_the_request_was_spelt() -> None:
    key = REQUEST.result_key(FOLDER)
    assert len(key) == 64 and replace(REQUEST, name="another").result_key(FOLDER) == key
    same = Direction.from_json('{"emotion":{"happy":7e-1},"seed":0}')
    assert replace(REQUEST, direction=same).result_key(FOLDER) == key


@pytest.mark.parametrize(
    "change",
    [
        {"sound": "other"}, {"engine": "articulation"}, {"fps": Fraction(30)}, {"fps": None}, {"head": "flame"},
        {"direction": Direction(seed=1)},
    ],
)  # fmt: skip
def test_whatever_changes_the_take_changes_the_result_key(change: dict) -> None:
    assert replace(REQUEST, **change).result_key(FOLDER) != REQUEST.result_key(FOLDER)


@pytest.mark.parametrize("folder", module.OWN_FOLDERS, ids=str)
def test_other_code_and_other_models_of_the_user_have_other_result_keys(folder, tmp_path: Path, monkeypatch) -> None:
    mine = replace(REQUEST, head="flame")
    before = mine.result_key(tmp_path), module.own_models(tmp_path)
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "flame.safetensors").write_bytes(b"a head")
    with_head = mine.result_key(tmp_path), module.own_models(tmp_path)
    (tmp_path / folder / "flame.safetensors").write_bytes(b"a face")
    assert len({*before, *with_head, mine.result_key(tmp_path), module.own_models(tmp_path)}) == 6
    own, again = REQUEST.result_key(tmp_path), REQUEST.result_key(FOLDER)
    assert own == again  # where the user's models are not used, they do not matter
    monkeypatch.setattr(module, "code_digest", lambda: "another version")
    assert REQUEST.result_key(tmp_path) != own


def test_an_engine_of_another_version_makes_other_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = REQUEST.result_key(FOLDER)
    monkeypatch.setitem(engines.ENGINES, "toy", replace(engines.ENGINES["toy"], version="2"))
    assert REQUEST.result_key(FOLDER) != before


def test_only_the_seed_may_differ_in_a_batch() -> None:
    assert REQUEST.batch_key() == replace(REQUEST, name="x", direction=REQUEST.direction.with_seed(5)).batch_key()
    assert REQUEST.batch_key() != replace(REQUEST, fps=None).batch_key()
    assert REQUEST.batch_key() != replace(REQUEST, direction=Direction(seed=5)).batch_key()
