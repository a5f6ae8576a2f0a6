# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from dub_banks import drawn_bank
from mien.engines.personatalk import reference_path as module
from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.reference_path import cheapest_path, reference_path

NONE = np.zeros(0, int)


def test_without_a_price_the_nearest_is_taken(monkeypatch) -> None:
    monkeypatch.setattr(module, "JUMP", 0.0)
    monkeypatch.setattr(module, "STAY", 0.0)
    cost = np.random.default_rng(0).random((20, 6))
    np.testing.assert_array_equal(cheapest_path(cost, NONE), cost.argmin(1))


def test_a_small_gain_is_not_worth_a_jump() -> None:
    cost = np.tile([0.0, 0.1, 0.4], (9, 1))
    cost[4] = [0.3, 0.1, 0.0]
    assert set(cheapest_path(cost, NONE)) == {0}


def test_it_goes_on_along_the_film() -> None:
    cost = np.full((5, 8), 0.1)
    cost[0, 2] = 0
    np.testing.assert_array_equal(cheapest_path(cost, np.arange(7)), [2, 3, 4, 5, 6])


def test_a_path_is_the_cheapest_of_all() -> None:
    rng = np.random.default_rng(1)
    cost, follows = rng.random((4, 3)) * 2, np.array([0])
    path = cheapest_path(cost, follows)

    def price(way: tuple[int, ...]) -> float:
        total = cost[0, way[0]]
        for i in range(1, 4):
            a, b = way[i - 1], way[i]
            step = {(0, 1): 0.0, (1, 0): module.STAY}.get((a, b), module.STAY if a == b else module.JUMP)
            total += cost[i, b] + step
        return total

    ways = [(a, b, c, d) for a in range(3) for b in range(3) for c in range(3) for d in range(3)]
    assert abs(price(tuple(path)) - min(map(price, ways))) < 1e-9


def test_a_long_film_is_planned_in_blocks(monkeypatch) -> None:
    made = drawn_bank()
    appearance = Appearance(made.bank)
    whole = reference_path(appearance, made.mouth, made.talker.shapes.turn)
    monkeypatch.setattr(module, "BLOCK", 20)
    parts = reference_path(appearance, made.mouth, made.talker.shapes.turn)
    assert whole.shape == parts.shape == (60,) and whole.min() >= 0 and whole.max() < len(made.bank)
    assert (whole == parts).mean() > 0.5
