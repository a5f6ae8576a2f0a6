# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes solved onto the controls of a rig."""

import numpy as np
import pytest

from addon.shape_keys.control_fit import STEPS, Control, ControlMap, Side, from_text, solve

STRAIGHT = STEPS


def mapping_of(*sides: Side, controls: int = 1, keys=("open", "wide", "round")) -> ControlMap:
    listed = tuple(Control(0, f'pose.bones["{number}"].location', 1, 0.0) for number in range(controls))
    return ControlMap(listed, sides, dict.fromkeys(keys, 1.0))


def test_a_control_goes_to_the_side_that_is_asked_for():
    mapping = mapping_of(Side(0, 0.05, {"open": 1.0}, STRAIGHT), Side(0, -0.02, {"wide": 1.0}, STRAIGHT))
    values, shown = solve(mapping, {"open": np.array([0.0, 0.5, 0.0]), "wide": np.array([0.0, 0.0, 1.0])})
    np.testing.assert_allclose(values[:, 0], [0.0, 0.025, -0.02], atol=1e-4)
    np.testing.assert_allclose(shown["open"], [0.0, 0.5, 0.0], atol=2e-3)


def test_the_two_sides_of_a_control_are_not_used_at_once():
    mapping = mapping_of(Side(0, 1.0, {"open": 1.0}, STRAIGHT), Side(0, -1.0, {"wide": 1.0}, STRAIGHT))
    values, shown = solve(mapping, {"open": np.array([0.8]), "wide": np.array([0.6])})
    assert values[0, 0] == pytest.approx(0.8, abs=1e-3) and shown["wide"][0] == 0.0


def test_controls_that_drive_several_keys_share_the_work():
    mapping = mapping_of(
        Side(0, 1.0, {"open": 1.0, "round": 0.5}, STRAIGHT), Side(1, 1.0, {"round": 1.0}, STRAIGHT), controls=2
    )
    values, shown = solve(mapping, {"open": np.array([0.4, 0.4]), "round": np.array([0.7, 0.2])})
    np.testing.assert_allclose(shown["open"], 0.4, atol=1e-3)
    np.testing.assert_allclose(shown["round"], [0.7, 0.2], atol=1e-3)
    np.testing.assert_allclose(values, [[0.4, 0.5], [0.4, 0.0]], atol=1e-3)


def test_what_is_beyond_the_end_stops_there():
    values, shown = solve(mapping_of(Side(0, 0.1, {"open": 0.6}, STRAIGHT)), {"open": np.array([1.0])})
    assert values[0, 0] == pytest.approx(0.1, abs=1e-4) and shown["open"][0] == pytest.approx(0.6, abs=1e-3)


def test_a_bent_course_is_undone():
    """A driver of v * v shows a quarter of the key halfway."""
    mapping = mapping_of(Side(0, 1.0, {"open": 1.0}, tuple(share**2 for share in STEPS)))
    values, _ = solve(mapping, {"open": np.array([0.25, 0.5625, 1.0])})
    np.testing.assert_allclose(values[:, 0], [0.5, 0.75, 1.0], atol=1e-3)


def test_the_mapping_is_stored_as_text():
    mapping = mapping_of(Side(0, 0.05, {"open": 1.0}, STRAIGHT))
    assert from_text(mapping.to_text()) == mapping and mapping.reached == {"open"}
    assert from_text("") is None and from_text("{}") is None
