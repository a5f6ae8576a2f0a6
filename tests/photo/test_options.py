# SPDX-License-Identifier: GPL-3.0-or-later
"""PortraitOptions: JSON there and back, and a sentence for everything that is out of range."""

from fractions import Fraction

import pytest
from mien.direction import Direction
from mien.errors import MienError
from mien.face_tracking.choice import FaceChoice
from mien.photo import PortraitRefused
from mien.photo.options import PortraitOptions


def test_options_come_back_from_their_json() -> None:
    options = PortraitOptions(
        engine="articulation",
        direction=Direction.from_json({"emotion": {"happy": 0.7}, "intensity": 0.5, "head": 0.3, "seed": 4}),
        pose="smile.png",
        strength=1.2,
        size=512,
        fps=Fraction(30000, 1001),
        alpha=True,
        face=FaceChoice(2),
        label=True,
        refine=False,
    )
    assert PortraitOptions.from_json(options.to_json()) == options
    assert PortraitOptions.from_json("{}") == PortraitOptions()
    drawn = PortraitOptions(renderer="tps", weights="vox")
    assert PortraitOptions.from_json(drawn.to_json()) == drawn
    assert PortraitOptions.from_json({"face": {"at": [10, 20]}}).face == FaceChoice(at=(10.0, 20.0))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"fps": 12}, "24 to 60"),
        ({"fps": Fraction(10)}, "fps is 10; expected"),
        ({"fps": True}, "24 to 60"),
        ({"fps": "soon"}, "24 to 60"),
        ({"size": 16}, "64 to 4096"),
        ({"size": 10**6}, "64 to 4096"),
        ({"strength": -1}, "0 to 2"),
        ({"strength": float("nan")}, "0 to 2"),
        ({"alpha": 1}, "true or false"),
        ({"refine": "no"}, "true or false"),
        ({"engin": "toy"}, "did you mean 'engine'"),
        ({"face": {"number": "one"}}, "in pixels"),
        ({"direction": []}, "JSON object"),
        ({"direction": {"emotion": "hapy"}}, "did you mean 'happy'"),
        ({"take": "a", "pose": "b"}, "a take and for a pose"),
        ({"take": ""}, "path of a file"),
        ({"renderer": "gan"}, "one of warp, tps"),
        ({"renderer": "tps", "alpha": True}, "draws no alpha"),
        ({"renderer": "tps", "weights": "../vox"}, "name of imported weights"),
        ({"weights": "vox"}, "those of the renderer tps"),
    ],
)
def test_what_is_out_of_range_is_refused_in_a_sentence(data: dict, words: str) -> None:
    with pytest.raises(MienError, match=words):
        PortraitOptions.from_json(data)


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(PortraitRefused):
        PortraitOptions.from_json(text)
