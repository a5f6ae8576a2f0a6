# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
import pytest
from mien.channels import ARKIT, INDEX, sides
from mien.face_tracking import TrackingError
from mien.face_tracking.calibration import FULL, MISSING, calibrate, neutral_picture
from tracks import track


def smile(rest: float, top: float, frames: int = 75) -> np.ndarray:
    """At rest, then a wide smile that is kept a while, then at rest."""
    share = np.clip(np.minimum(np.arange(frames) - 25, 50 - np.arange(frames)) / 8, 0, 1)
    return rest + (top - rest) * share


@pytest.mark.parametrize(("rest", "top"), [(0.02, 0.95), (0.15, 0.9)])
def test_a_resting_face_is_zero_and_a_wide_smile_one(rest, top) -> None:
    curve = smile(rest, top)
    one = track(75, mouthSmileLeft=curve, mouthSmileRight=curve)
    weights = calibrate(one).weights(one)[:, INDEX["mouthSmileLeft"]]
    assert weights[:20].max() < 0.02
    assert weights.max() > 0.98
    assert np.corrcoef(weights, curve)[0, 1] > 0.999


def test_a_small_smile_stays_small() -> None:
    one = track(75, mouthSmileLeft=smile(0, 0.3), mouthSmileRight=smile(0, 0.3))
    assert calibrate(one).weights(one)[:, INDEX["mouthSmileLeft"]].max() < 0.4


def test_a_smile_that_never_ends_is_no_neutral() -> None:
    one = track(75, mouthSmileLeft=0.9, mouthSmileRight=0.9)
    assert calibrate(one).weights(one)[:, INDEX["mouthSmileLeft"]].min() > 0.5


def test_lopsidedness_is_kept() -> None:
    one = track(75, mouthSmileLeft=smile(0, 1.0), mouthSmileRight=smile(0, 0.5))
    weights = calibrate(one).weights(one)
    peak = weights[:, [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]].max(0)
    assert peak[1] / peak[0] == pytest.approx(0.5, abs=0.03)


def test_shallow_blinks_of_one_person_shut_the_lids() -> None:
    blink = np.full(75, 0.08)
    blink[[20, 21, 50, 51]] = 0.52
    one = track(75, eyeBlinkLeft=blink, eyeBlinkRight=blink)
    weights = calibrate(one).weights(one)[:, INDEX["eyeBlinkLeft"]]
    assert weights.max() > 0.95
    assert np.median(weights) < 0.02


def test_a_named_neutral_is_taken() -> None:
    curve = smile(0.1, 0.6)
    one = track(75, mouthSmileLeft=curve, mouthSmileRight=curve)
    calibration = calibrate(one, neutral=40)
    assert calibration.rest[INDEX["mouthSmileLeft"]] == pytest.approx(0.6, abs=0.02)
    assert calibration.weights(one)[:, INDEX["mouthSmileLeft"]].max() < 0.1
    assert calibration.neutral == "picture 40"


@pytest.mark.parametrize(("neutral", "sentence"), [(75, "pictures 0 to 74"), (-1, "pictures 0 to 74"), (3, "no face")])
def test_a_neutral_without_a_face_is_refused(neutral, sentence) -> None:
    found = np.ones(75, bool)
    found[3] = False
    with pytest.raises(TrackingError, match=sentence):
        calibrate(track(75, found), neutral)


def test_of_one_picture_nothing_is_learnt() -> None:
    one = track(1, mouthSmileLeft=0.45, mouthSmileRight=0.45)
    weights = calibrate(one).weights(one)
    assert weights[0, INDEX["mouthSmileLeft"]] == pytest.approx(0.45 / FULL["mouthSmile"])


def test_what_the_networks_lack_is_zero_and_all_else_has_a_range() -> None:
    one = track(30, noseSneerLeft=0.5, cheekPuff=0.9)
    assert calibrate(one).weights(one).max() == 0
    named = {side for name in (*FULL, *MISSING) for side in sides(name)}
    assert named == set(ARKIT)


def test_the_table_can_be_read() -> None:
    one = track(75, jawOpen=smile(0.05, 0.9))
    table = json.loads(calibrate(one).to_json())
    assert table["channels"]["jawOpen"] == pytest.approx([0.05, 0.9], abs=0.01)
    assert "calmest" in table["neutral"]


def test_a_time_names_the_picture_shown_then() -> None:
    assert [neutral_picture(track(5), at) for at in (0, 0.03, 0.04, 0.1, 9)] == [0, 0, 1, 2, 4]
