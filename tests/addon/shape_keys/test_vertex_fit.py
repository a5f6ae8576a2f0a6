# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes solved onto controls that move vertices."""

import numpy as np
import pytest

from addon.shape_keys.control_fit import STEPS, Control, Side
from addon.shape_keys.vertex_fit import SidesByName, fit, from_text, is_text_of_vertices, solve

KEYS = ("open", "wide", "round")
VERTICES = 40


def motions(seed: int = 0) -> np.ndarray:
    """(3, 3 N) of as many keys."""
    return np.random.default_rng(seed).normal(size=(3, 3 * VERTICES))


def mapping_of(responses: np.ndarray, offsets: np.ndarray, sides, meant=None):
    controls = [Control(0, f'pose.bones["{number}"].location', 1, 0.0) for number in range(len(responses))]
    meant = np.zeros((len(offsets), len(sides)), bool) if meant is None else meant
    products = responses @ responses.T, offsets @ responses.T, offsets @ offsets.T
    by_name = SidesByName(meant, np.ones_like(meant))
    return fit(controls, sides, KEYS[: len(offsets)], products, by_name, VERTICES, "Rigify")


def straight(control: int, end: float = 2.0, low: float = -1.0) -> Side:
    return Side(control, end, {}, STEPS, low)


def test_controls_that_do_what_the_keys_do_take_their_values():
    offsets = motions()
    mapping = mapping_of(2.0 * offsets, offsets, [straight(number) for number in range(3)])
    wanted = {"open": np.array([0.0, 0.5]), "round": np.array([1.0, -0.2])}
    solution = solve(mapping, wanted)
    np.testing.assert_allclose(solution.values, [[0, 0, 1.0], [0.5, 0, -0.2]], atol=0.01)
    assert solution.off.max() < 0.02 * solution.motion.max()


def test_no_control_goes_beyond_its_ends_and_what_is_missing_is_stated():
    offsets = motions()
    sides = [straight(0, 0.3, 0.0), straight(1), straight(2)]
    mapping = mapping_of(offsets * np.array([[0.3], [1.0], [1.0]]), offsets, sides)
    solution = solve(mapping, {"open": np.array([1.0, -1.0])})
    assert (solution.values[:, 0] <= 0.3 + 1e-9).all() and (solution.values[:, 0] >= -1e-9).all()
    assert solution.off[0] / solution.motion[0] == pytest.approx(0.7, abs=0.03)
    assert solution.off[1] / solution.motion[1] == pytest.approx(1.0, abs=0.03)


def test_what_no_control_reaches_is_missing():
    offsets = motions()
    mapping = mapping_of(offsets[:1], offsets, [straight(0)])
    solution = solve(mapping, {"open": np.array([1.0, 0.0]), "wide": np.array([0.0, 1.0])})
    assert solution.off[0] < 0.02 * solution.motion[0] and solution.off[1] > 0.9 * solution.motion[1]
    assert solution.motion[1] == pytest.approx(np.sqrt((offsets[1] ** 2).sum() / VERTICES), rel=1e-3)


def test_two_sides_of_one_control_are_not_used_at_once():
    offsets = motions()
    sides = [Side(0, 1.0, {}, STEPS), Side(0, -1.0, {}, STEPS)]
    mapping = mapping_of(offsets[:2], offsets[:2], sides)
    value = solve(mapping, {"open": np.array([0.8]), "wide": np.array([0.3])}).values[0, 0]
    assert value == pytest.approx(0.65, abs=0.2)  # not 0.8 - 0.3, which would show neither


def test_of_two_that_do_the_same_the_one_whose_name_is_for_the_key_moves():
    offsets = motions()[:1]
    meant = np.array([[False, True]])
    mapping = mapping_of(np.repeat(offsets, 2, 0), offsets, [straight(0), straight(1)], meant)
    values = solve(mapping, {"open": np.array([1.0])}).values[0]
    by_name = dict(zip((control.path for control in mapping.controls), values, strict=True))
    assert by_name['pose.bones["1"].location'] == pytest.approx(2.0, abs=0.02)
    assert abs(by_name.get('pose.bones["0"].location', 0.0)) < 0.02


def test_small_changes_of_a_take_are_small_changes_of_the_controls():
    offsets = motions()
    mapping = mapping_of(np.concatenate([offsets, motions(1)]), offsets, [straight(number) for number in range(6)])
    time = np.linspace(0, 6, 200)
    values = solve(mapping, {"open": 0.5 + 0.5 * np.sin(time), "wide": 0.3 + 0.3 * np.cos(2 * time)}).values
    assert np.abs(np.diff(values, axis=0)).max() < 3 * 2.0 * np.diff(time)[0]


def test_it_is_stored_as_text():
    offsets = motions()
    mapping = mapping_of(offsets, offsets, [straight(number) for number in range(3)])
    text = mapping.to_text()
    again = from_text(text)
    assert is_text_of_vertices(text) and again.keys == mapping.keys and again.system == "Rigify"
    wanted = {"open": np.array([0.7])}
    np.testing.assert_allclose(solve(again, wanted).values, solve(mapping, wanted).values, atol=1e-4)


@pytest.mark.parametrize("text", ["", "{", '{"kind": "vertices"}', '{"kind": "keys"}', "[]"])
def test_what_cannot_be_read_is_none(text):
    assert from_text(text) is None
