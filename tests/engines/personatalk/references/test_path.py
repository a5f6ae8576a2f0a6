# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import torch
from dub_banks import drawn_bank
from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.references import path as module
from mien.engines.personatalk.references.path import cheapest_path, reference_path

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
    one, other = whole.references, parts.references
    assert one.shape == other.shape == (60, module.TOGETHER) and one.min() >= 0 and one.max() < len(made.bank)
    assert (one[:, 0] == other[:, 0]).mean() > 0.5


def test_references_are_different_and_share_a_frame() -> None:
    made = drawn_bank()
    path = reference_path(Appearance(made.bank), made.mouth[:9], made.talker.shapes.turn[:9])
    for frame in range(9):
        shares = path[frame]
        assert len(shares) == module.TOGETHER and min(shares.values()) >= 0
        assert abs(sum(shares.values()) - 1) < 1e-9


def test_a_single_reference_has_all_of_each_frame() -> None:
    made = drawn_bank()
    alone = made.bank.without(np.arange(len(made.bank)) != 7)
    path = reference_path(Appearance(alone), made.mouth[:3], made.talker.shapes.turn[:3])
    assert [path[frame] for frame in range(3)] == [{0: 1.0}] * 3


def test_no_frames_have_an_empty_path() -> None:
    made = drawn_bank()
    path = reference_path(Appearance(made.bank), made.mouth[:0], made.talker.shapes.turn[:0])
    assert path.references.shape[0] == path.shares.shape[0] == 0


def test_a_reference_whose_lips_are_unlike_the_others_counts_less() -> None:
    made = drawn_bank()
    bank, frame = made.bank, slice(52, 53)

    def shares() -> dict[int, float]:
        return reference_path(Appearance(bank), made.mouth[frame], made.talker.shapes.turn[frame])[0]

    before = shares()
    one = max(before, key=lambda reference: before[reference])
    lips = (made.template.lips[0].numpy() > module.LIPS) & ~made.template.inner
    bank.textures[one].view(3, *made.template.size)[:, torch.from_numpy(lips)] = 255.0  # as if teeth lay there
    assert shares().get(one, 0.0) < before[one]


def test_the_ratio_of_costs_decides_of_shares(monkeypatch) -> None:
    made = drawn_bank()
    appearance, frames = Appearance(made.bank), slice(0, 30)
    shares = reference_path(appearance, made.mouth[frames], made.talker.shapes.turn[frames]).shares
    near = shares[:, 0] / shares[:, 1:].max(1)
    monkeypatch.setattr(module, "ALIKE", 1e6)
    alike = reference_path(appearance, made.mouth[frames], made.talker.shapes.turn[frames]).shares
    assert np.median(near) > 2  # each frame is in the bank itself
    np.testing.assert_allclose(alike, 1 / module.TOGETHER, rtol=0.01)
