# SPDX-License-Identifier: GPL-3.0-or-later
import json
from fractions import Fraction

import pytest
from mien.direction import Direction, DirectionError
from mien.engines.personatalk import DubRefused
from mien.engines.personatalk.options import DubOptions
from mien.face_tracking.choice import ChoiceError, FaceChoice

FULL = DubOptions(
    strength=0.8, opening=1.2, engine="articulation", direction=Direction(seed=3), manner="neutral", keep_pauses=True,
    references=(Fraction(1), Fraction(5, 2)), begin=Fraction(1, 3), end=Fraction(9), when_longer="loop",
    codec="lossless", preview=Fraction(2), face=FaceChoice(at=(3.0, 4.5)), label=True,
)  # fmt: skip


@pytest.mark.parametrize("options", [DubOptions(), FULL])
def test_json_there_and_back(options: DubOptions) -> None:
    assert DubOptions.from_json(options.to_json()) == options
    assert DubOptions.from_json(json.loads(options.to_json())).to_json() == options.to_json()


def test_what_is_left_out_has_its_default() -> None:
    assert DubOptions.from_json("{}") == DubOptions()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1]", "expected a JSON object"),
        ("{", "not JSON"),
        ('{"strenght": 1}', "did you mean 'strength'"),
        ('{"strength": 2.5}', "from 0 to 2"),
        ('{"opening": NaN}', "opening is nan"),
        ('{"opening": true}', "from 0 to 2"),
        ('{"codec": "h265"}', "h264 or lossless"),
        ('{"when_longer": "wait"}', "loop or hold or stop"),
        ('{"manner": "anna"}', "clip or neutral"),
        ('{"engine": ""}', "expected a name"),
        ('{"keep_pauses": 1}', "true or false"),
        ('{"begin": -1}', "seconds from 0 on"),
        ('{"begin": "1/0"}', "seconds from 0 on"),
        ('{"begin": null}', "seconds from 0 on"),
        ('{"begin": 5, "end": 4}', "name a later end"),
        ('{"references": [3]}', "[begin, end]"),
        ('{"references": [3, 3]}', "name a later end"),
        ('{"preview": 0.1}', "at least 0.2 s"),
        ('{"label": "yes"}', "true or false"),
    ],
)
def test_a_wrong_option_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(DubRefused) as caught:
        DubOptions.from_json(text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("face", ["1", '{"number": 0}', '{"at": [1]}', '{"at": [-1, 2]}', '{"nose": 1}'])
def test_a_wrong_face_gets_a_sentence(face: str) -> None:
    with pytest.raises(ChoiceError):
        DubOptions.from_json(f'{{"face": {face}}}')


def test_a_wrong_direction_gets_its_own_sentence() -> None:
    with pytest.raises(DirectionError, match="no emotion"):
        DubOptions.from_json('{"direction": {"emotion": "hungry"}}')


def test_options_made_in_python_are_checked_as_well() -> None:
    with pytest.raises(DubRefused, match="strength is 7"):
        DubOptions(strength=7)
