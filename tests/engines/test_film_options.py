# SPDX-License-Identifier: GPL-3.0-or-later
"""What options of films have in common, on options of two fields."""

from dataclasses import dataclass, field

import pytest
from mien.direction import Direction, DirectionError
from mien.engines.film_options import FilmOptions, read_direction, read_face, read_flag
from mien.face_tracking.choice import ChoiceError, FaceChoice


class Refused(ValueError):
    pass


@dataclass(frozen=True)
class Options(FilmOptions):
    MAKES, REFUSED = "clip", Refused
    READERS = {"direction": read_direction, "face": read_face, "label": read_flag(Refused)}

    direction: Direction = field(default_factory=Direction)
    face: FaceChoice = field(default_factory=FaceChoice)
    label: bool = False


def test_json_goes_both_ways() -> None:
    options = Options.from_json('{"label": true, "direction": {"seed": 4}, "face": {"at": [3, 4.5]}}')
    assert options == Options(Direction.from_user({"seed": 4}), FaceChoice(1, (3.0, 4.5)), True)
    assert Options.from_json(options.to_json()) == options
    assert options.to_json() == Options.from_json(options.to_json()).to_json()


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ("{", Refused, "the options of the clip are not JSON"),
        ("[1]", Refused, "the options of the clip are .1.; expected a JSON object"),
        ('{"labels": 1}', Refused, "the clip asks for 'labels', which is not one of .*did you mean 'label'"),
        ('{"label": 1}', Refused, "label is 1; expected true or false"),
        ('{"face": {"number": true}}', ChoiceError, "face is "),
        ('{"direction": 3}', DirectionError, "direction is 3; expected a JSON object"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(source: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Options.from_json(source)
