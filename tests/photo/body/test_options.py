# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.photo import PortraitRefused
from mien.photo.body.options import TalkOptions
from mien.photo.options import PortraitOptions


def test_options_come_back_from_their_json() -> None:
    options = TalkOptions(gestures=1.2, hands="left", size=512)
    assert TalkOptions.from_json(options.to_json()) == options
    assert options.suffix == ".mp4"


def test_a_talk_is_refined_only_when_that_is_asked_for() -> None:
    assert not TalkOptions.from_json({}).refine and PortraitOptions.from_json({}).refine
    assert TalkOptions.from_json({"refine": True}).refine


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"gestures": 2}, "1.5"),
        ({"gestures": True}, "still body"),
        ({"hands": "three"}, "both"),
        ({"alpha": True}, "alpha"),
    ],
)
def test_what_no_talk_can_do_is_refused(asked, words) -> None:
    with pytest.raises(PortraitRefused, match=words):
        TalkOptions.from_json(asked)
