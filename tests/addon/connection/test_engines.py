# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine is meant, and what of a direction it follows."""

from addon.connection.client import EngineInfo, Info
from addon.connection.engines import SPECIAL, chosen, follows, refusal

ENGINES = (
    EngineInfo("rules"),
    EngineInfo("diffusion", follows=("face", "held")),
    EngineInfo("flow", follows=("face",)),
)
INFO = Info("http://127.0.0.1:1", "0.1.0", "cpu", ENGINES, "rules")


def test_no_name_means_the_default():
    assert chosen(INFO, "") == chosen(INFO, "rules") == ENGINES[0]
    assert chosen(INFO, "gone") is None and chosen(None, "rules") is None


def test_what_an_engine_does_not_follow_is_said_with_those_that_do():
    assert follows(INFO, "diffusion", "held") and refusal(INFO, "diffusion", "held") == ""
    assert not follows(INFO, "", "face")
    assert refusal(INFO, "", "face") == (
        "The engine 'rules' does not follow a matched face; choose diffusion or flow under Engine"
    )
    assert refusal(INFO, "flow", "onset") == (
        "The engine 'flow' does not follow the onset of emotions, nor does another of this backend"
    )


def test_of_an_engine_that_is_not_known_nothing_is_left_out():
    assert follows(None, "", "face") and follows(INFO, "gone", "face")
    assert refusal(None, "", "face").startswith("Look for the backend first")


def test_every_field_has_words():
    assert all(SPECIAL.values())
