# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from mien.face_tracking.choice import FaceChoice
from mien.film_take import TrackOptions
from mien.track_request import TrackRequest

PLAIN = TrackRequest("ab" * 32, "act.mp4", TrackOptions())
OTHERS = {
    "choice": FaceChoice(2),
    "neutral": 2.5,
    "fps": Fraction(30000, 1001),
    "sound": False,
    "begin": Fraction(1, 3),
    "end": Fraction(9, 4),
}


@pytest.mark.parametrize("name", OTHERS)
def test_each_option_is_read_back_and_makes_another_result(name: str, tmp_path: Path) -> None:
    request = replace(PLAIN, options=replace(PLAIN.options, **{name: OTHERS[name]}))
    assert TrackRequest.from_json(request.to_json()) == request
    assert request.result_key(tmp_path) != PLAIN.result_key(tmp_path)


def test_a_point_is_read_back() -> None:
    request = replace(PLAIN, options=TrackOptions(FaceChoice(at=(64.0, 48.5)), neutral=60))
    assert TrackRequest.from_json(request.to_json()) == request


def test_the_same_film_asked_for_twice_has_one_result(tmp_path: Path) -> None:
    assert TrackRequest.from_json(PLAIN.to_json()).result_key(tmp_path) == PLAIN.result_key(tmp_path)
    assert replace(PLAIN, film="cd" * 32).result_key(tmp_path) != PLAIN.result_key(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"film": 1}', PLAIN.to_json().replace('"begin": "0"', '"begin": "x"')])
def test_other_content_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        TrackRequest.from_json(text)
