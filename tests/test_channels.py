# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.channels import ARKIT, INDEX, columns, other_side, sides

from addon.formats import channels as extension


def test_the_52_are_apples() -> None:
    assert len(ARKIT) == len(set(ARKIT)) == 52
    assert [ARKIT[INDEX[name]] for name in ARKIT] == list(ARKIT)
    left, right = ({n.removesuffix(s) for n in ARKIT if n.endswith(s)} for s in ("Left", "Right"))
    assert left == right and len(left) == 20


def test_both_halves_know_the_same_names() -> None:
    assert set(extension.ARKIT) == set(ARKIT)


def test_a_name_without_a_side_means_both() -> None:
    assert sides("mouthSmile") == ("mouthSmileLeft", "mouthSmileRight")
    assert sides("jawOpen") == ("jawOpen",)
    assert sides("mouthSmileLeft") == ("mouthSmileLeft",)
    assert sides("mouth") == ("mouthLeft", "mouthRight")
    assert [ARKIT[i] for i in columns("eyeBlink")] == ["eyeBlinkLeft", "eyeBlinkRight"]


@pytest.mark.parametrize("name", ["", "smile", "MouthSmile", "jawOpenLeft"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(KeyError, match="no face channel"):
        sides(name)


def test_the_other_side_of_a_channel() -> None:
    assert other_side("mouthSmileLeft") == "mouthSmileRight" and other_side("jawRight") == "jawLeft"
    assert other_side("jawOpen") == "jawOpen"
    assert {other_side(name) for name in ARKIT} == set(ARKIT)
