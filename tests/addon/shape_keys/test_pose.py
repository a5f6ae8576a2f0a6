# SPDX-License-Identifier: GPL-3.0-or-later
"""A pose of keys as channels: what a table made of channels comes back."""

import numpy as np
import pytest

from addon.formats.channels import ARKIT
from addon.shape_keys.key_table import Row, values
from addon.shape_keys.naming_schemes import VISEMES
from addon.shape_keys.pose import channels
from addon.shape_keys.recognition import recognised
from addon.shape_keys.viseme_mix import shape


def one(value: float) -> np.ndarray:
    return np.array([value])


def test_the_52_come_back_as_they_were():
    rows = recognised(ARKIT).rows
    weights = np.random.default_rng(0).random((6, len(ARKIT)))
    posed = values(rows, dict(zip(ARKIT, weights.T, strict=True)), 6)
    found = channels(rows, posed)
    assert set(found) == set(ARKIT)
    assert np.abs(np.stack([found[name] for name in ARKIT], 1) - weights).max() < 1e-6


def test_gains_and_offsets_are_taken_out():
    rows = [Row("Jaw", "jawOpen", 2.0, 0.1), Row("still", "cheekPuff", 0.0)]
    found = channels(rows, {"Jaw": one(0.9), "still": one(1.0)})
    assert set(found) == {"jawOpen"} and found["jawOpen"] == pytest.approx(0.4, abs=1e-4)


def test_a_key_for_both_sides_is_as_much_of_each():
    found = channels([Row("smile", "0.5 mouthSmileLeft + 0.5 mouthSmileRight")], {"smile": one(0.6)})
    assert [found[f"mouthSmile{side}"][0] for side in ("Left", "Right")] == pytest.approx([0.6, 0.6], abs=1e-4)


def test_several_keys_of_a_channel_are_asked_together():
    rows = [Row("in_L", "browInnerUp"), Row("in_R", "browInnerUp")]
    assert channels(rows, {"in_L": one(0.2), "in_R": one(0.6)})["browInnerUp"] == pytest.approx(0.4, abs=1e-4)


def test_what_would_be_below_nothing_or_beyond_one_is_cut():
    rows = [Row("jaw", "jawOpen"), Row("puff", "cheekPuff")]
    found = channels(rows, {"jaw": one(1.7), "puff": one(-0.5)})
    assert (found["jawOpen"][0], found["cheekPuff"][0]) == (1.0, 0.0)


def test_a_jaw_that_closes_the_lips_itself_opens():
    found = channels([Row("jaw", "jawOpen - 1.03 mouthClose")], {"jaw": one(0.5)})
    assert found["jawOpen"] == pytest.approx(0.5, abs=1e-4) and found["mouthClose"] == 0.0


def test_mouths_come_as_what_they_are_made_of():
    keys = [spelt[0] for spelt in next(each for each in VISEMES if each.name == "Oculus").mouths]
    rows = recognised([f"viseme_{key}" for key in keys]).rows
    assert rows[0].source == "/SIL/"
    found = channels(rows, {row.key: one(0.5 * (row.source == "/AA/")) for row in rows})
    for name, share in zip(ARKIT, 0.5 * shape("/AA/"), strict=True):
        assert found.get(name, one(0.0))[0] == pytest.approx(share, abs=1e-4), name


def test_keys_without_a_value_say_nothing():
    assert channels([Row("jaw", "jawOpen"), Row("puff", "cheekPuff")], {"jaw": one(0.5)}).keys() == {"jawOpen"}
    assert channels([Row("jaw", "jawOpen")], {}) == {}


@pytest.mark.parametrize(("blink", "down"), [(0.0, 0.4), (0.2, 0.4), (0.5, 0.4), (1.0, 0.15), (0.7, 0.0), (0.0, 0.0)])
def test_lids_that_follow_the_eyes_down_are_no_blink(blink, down):
    rows = [Row("blink", "eyeBlinkLeft - 0.77 eyeLookDownLeft"), Row("down", "eyeLookDownLeft", 2.84)]
    given = {"eyeBlinkLeft": one(blink), "eyeLookDownLeft": one(down)}
    found = channels(rows, values(rows, given, 1))
    assert found["eyeLookDownLeft"][0] == pytest.approx(down, abs=1e-3)
    assert found["eyeBlinkLeft"][0] == pytest.approx(blink if blink > 0.77 * down else 0.0, abs=1e-3)
