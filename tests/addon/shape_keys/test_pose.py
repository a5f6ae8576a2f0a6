# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of keys as channels: the inverse of the mapping table."""

import numpy as np
import pytest

from addon.formats.channels import ARKIT
from addon.shape_keys.key_table import Row, values
from addon.shape_keys.naming_schemes import VISEMES
from addon.shape_keys.pose import channels
from addon.shape_keys.recognition import recognise
from addon.shape_keys.viseme_mix import viseme_shape


def one(value: float) -> np.ndarray:
    return np.array([value])


def test_the_52_come_back_as_they_were():
    rows = recognise(ARKIT).rows
    weights = np.random.default_rng(0).random((6, len(ARKIT)))
    posed = channels(rows, values(rows, dict(zip(ARKIT, weights.T, strict=True)), 6))
    assert set(posed) == set(ARKIT)
    assert np.abs(np.stack([posed[name] for name in ARKIT], 1) - weights).max() < 1e-6


def test_gains_and_offsets_are_taken_out():
    rows = [Row("Jaw", "jawOpen", 2.0, 0.1), Row("still", "cheekPuff", 0.0)]
    posed = channels(rows, {"Jaw": one(0.9), "still": one(1.0)})
    assert set(posed) == {"jawOpen"} and posed["jawOpen"] == pytest.approx(0.4, abs=1e-4)


def test_a_key_for_both_sides_is_as_much_of_each():
    posed = channels([Row("smile", "0.5 mouthSmileLeft + 0.5 mouthSmileRight")], {"smile": one(0.6)})
    assert [posed[f"mouthSmile{side}"][0] for side in ("Left", "Right")] == pytest.approx([0.6, 0.6], abs=1e-4)


def test_several_keys_of_a_channel_are_averaged():
    rows = [Row("in_L", "browInnerUp"), Row("in_R", "browInnerUp")]
    assert channels(rows, {"in_L": one(0.2), "in_R": one(0.6)})["browInnerUp"] == pytest.approx(0.4, abs=1e-4)


def test_channels_are_clipped_to_0_and_1():
    rows = [Row("jaw", "jawOpen"), Row("puff", "cheekPuff")]
    posed = channels(rows, {"jaw": one(1.7), "puff": one(-0.5)})
    assert (posed["jawOpen"][0], posed["cheekPuff"][0]) == (1.0, 0.0)


def test_a_jaw_that_closes_the_lips_itself_opens():
    posed = channels([Row("jaw", "jawOpen - 1.03 mouthClose")], {"jaw": one(0.5)})
    assert posed["jawOpen"] == pytest.approx(0.5, abs=1e-4) and posed["mouthClose"] == 0.0


def test_visemes_come_as_the_channels_they_consist_of():
    keys = [spellings[0] for spellings in next(visemes for visemes in VISEMES if visemes.name == "Oculus").phones]
    rows = recognise([f"viseme_{key}" for key in keys]).rows
    assert rows[0].source == "/SIL/"
    posed = channels(rows, {row.key: one(0.5 * (row.source == "/AA/")) for row in rows})
    for name, share in zip(ARKIT, 0.5 * viseme_shape("/AA/"), strict=True):
        assert posed.get(name, one(0.0))[0] == pytest.approx(share, abs=1e-4), name


def test_keys_without_a_value_are_left_out():
    assert channels([Row("jaw", "jawOpen"), Row("puff", "cheekPuff")], {"jaw": one(0.5)}).keys() == {"jawOpen"}
    assert channels([Row("jaw", "jawOpen")], {}) == {}


@pytest.mark.parametrize(("blink", "down"), [(0.0, 0.4), (0.2, 0.4), (0.5, 0.4), (1.0, 0.15), (0.7, 0.0), (0.0, 0.0)])
def test_lids_that_follow_the_eyes_down_are_no_blink(blink, down):
    rows = [Row("blink", "eyeBlinkLeft - 0.77 eyeLookDownLeft"), Row("down", "eyeLookDownLeft", 2.84)]
    given = {"eyeBlinkLeft": one(blink), "eyeLookDownLeft": one(down)}
    posed = channels(rows, values(rows, given, 1))
    assert posed["eyeLookDownLeft"][0] == pytest.approx(down, abs=1e-3)
    assert posed["eyeBlinkLeft"][0] == pytest.approx(blink if blink > 0.77 * down else 0.0, abs=1e-3)
