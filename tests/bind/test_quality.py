# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says of lips and lids, and when it warns."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from mien.bind.quality import bilabial_weights, lids, lips, warnings
from mien.heads.default import load_head

HEAD = load_head()
SKIN = len(HEAD.opposite)
REST, DELTAS = HEAD.vertices[:SKIN].astype(float), HEAD.deltas[:, :SKIN].astype(float)
GOOD = {
    "fit_mm": {"mean": 0.2, "p95": 0.6},
    "picks_mm": {"chin": 0.1},
    "lips_mm": lips(HEAD, REST, DELTAS),
    "lips_joined": False,
    "lids_mm": lids(HEAD, REST, DELTAS),
}


def test_the_default_heads_own_lips() -> None:
    assert GOOD["lips_mm"]["rest"] == pytest.approx(1.295, abs=0.01)
    assert GOOD["lips_mm"]["jawOpen"] - GOOD["lips_mm"]["rest"] == pytest.approx(36.7, abs=0.2)
    assert all(-0.5 < GOOD["lips_mm"][phone] <= 0.5 for phone in "pbm")


def test_the_default_heads_own_lids() -> None:
    for side in ("left", "right"):
        assert GOOD["lids_mm"][side]["open"] > 8 and GOOD["lids_mm"][side]["shut_most"] < 1.5


@pytest.mark.parametrize("phone", ["P", "B", "M"])
def test_a_closure_has_a_jaw_and_no_more_mouth_close_than_it_may(phone) -> None:
    weights = dict(zip(HEAD.channels, bilabial_weights(HEAD, phone), strict=True))
    assert 0 < weights["jawOpen"] <= 0.06 and weights["jawOpen"] <= weights["mouthClose"] <= weights["jawOpen"] + 0.03


def test_a_good_fit_has_no_warning() -> None:
    assert warnings(GOOD) == ()


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("fit_mm",), None, "no vertex was reached"),
        (("fit_mm", "p95"), 9.0, "5 in 100 vertices are further than 9.0 mm"),
        (("picks_mm", "chin"), 20.0, "not where the fit has them: chin"),
        (("lips_mm", "jawOpen"), 3.0, "Cut the mouth open"),
        (("lips_joined",), True, "Cut the mouth open"),
        (("lids_mm", "left", "shut_most"), 4.0, "The left eye stays open by 4.0 mm"),
        (("lids_mm", "left", "open"), 2.0, "The left eye is modelled shut: at rest its lids are 2.0 mm apart"),
        (("lids_mm", "right", "shut_least"), -5.0, "The lids of the right eye cross by 5.0 mm"),
    ],
)
def test_a_fault_is_a_warning(path, value, sentence) -> None:
    report = copy.deepcopy(GOOD)
    entry = report
    for key in path[:-1]:
        entry = entry[key]
    entry[path[-1]] = value
    content = warnings(report)
    assert len(content) == 1 and sentence in content[0]


def test_lids_that_do_not_move_stay_open() -> None:
    still = lids(HEAD, REST, np.zeros_like(DELTAS))
    assert still["left"]["shut_most"] == still["left"]["open"]
