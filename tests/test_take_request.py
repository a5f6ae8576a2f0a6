# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from mien import engines
from mien import take_request as order_module
from mien.direction import Direction, DirectionError
from mien.take_request import Order

ORDER = Order("5ound", 48000, "hum", Direction.from_json('{"emotion": {"happy": 0.7}}'), "toy", Fraction(30000, 1001))
FOLDER = Path("nowhere")


def test_an_order_is_read_as_it_was_written() -> None:
    for order in (ORDER, replace(ORDER, fps=None, head="flame", name='"grüße" \n')):
        assert Order.from_json(order.to_json()) == order
    assert (ORDER.seconds, ORDER.frames, replace(ORDER, fps=None).frames) == (3.0, 90, None)


def test_what_another_version_wrote_is_refused() -> None:
    with pytest.raises(DirectionError, match="'glee'"):
        Order.from_json(ORDER.to_json().replace("happy", "glee"))


def test_the_address_is_that_of_the_take_and_not_of_how_it_was_asked_for() -> None:
    address = ORDER.address(FOLDER)
    assert len(address) == 64 and replace(ORDER, name="another").address(FOLDER) == address
    same = Direction.from_json('{"emotion":{"happy":7e-1},"seed":0}')
    assert replace(ORDER, direction=same).address(FOLDER) == address


@pytest.mark.parametrize(
    "change",
    [
        {"sound": "other"}, {"engine": "articulation"}, {"fps": Fraction(30)}, {"fps": None}, {"head": "flame"},
        {"direction": Direction(seed=1)},
    ],
)  # fmt: skip
def test_whatever_changes_the_take_changes_the_address(change: dict) -> None:
    assert replace(ORDER, **change).address(FOLDER) != ORDER.address(FOLDER)


@pytest.mark.parametrize("folder", order_module.OWN_FOLDERS, ids=str)
def test_other_code_and_other_models_of_the_user_have_other_addresses(folder, tmp_path: Path, monkeypatch) -> None:
    mine = replace(ORDER, head="flame")
    before = mine.address(tmp_path), order_module.own_models(tmp_path)
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "flame.safetensors").write_bytes(b"a head")
    with_head = mine.address(tmp_path), order_module.own_models(tmp_path)
    (tmp_path / folder / "flame.safetensors").write_bytes(b"a face")
    assert len({*before, *with_head, mine.address(tmp_path), order_module.own_models(tmp_path)}) == 6
    own, again = ORDER.address(tmp_path), ORDER.address(FOLDER)
    assert own == again  # where the user's models are not used, they do not matter
    monkeypatch.setattr(order_module, "made_with", lambda: "another version")
    assert ORDER.address(tmp_path) != own


def test_an_engine_of_another_version_makes_other_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ORDER.address(FOLDER)

    class Newer(engines.Toy):
        info = replace(engines.Toy.info, version="2")

    monkeypatch.setitem(engines.ENGINES, "toy", Newer)
    assert ORDER.address(FOLDER) != before


def test_only_the_seed_may_differ_in_a_family() -> None:
    assert ORDER.family() == replace(ORDER, name="x", direction=ORDER.direction.with_seed(5)).family()
    assert ORDER.family() != replace(ORDER, fps=None).family()
    assert ORDER.family() != replace(ORDER, direction=Direction(seed=5)).family()
