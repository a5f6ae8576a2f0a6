# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine by its name, and the optional fields that it supports."""

from addon.connection.backend_info import BackendInfo, EngineInfo
from addon.connection.engines import OPTIONAL_FIELDS, engine_by_name, refusal, supports

ENGINES = (
    EngineInfo("rules"),
    EngineInfo("diffusion", follows=("face", "held")),
    EngineInfo("flow", follows=("face",)),
)
INFO = BackendInfo("http://127.0.0.1:1", "0.1.0", "cpu", ENGINES, "rules")


def test_an_empty_name_is_the_default():
    assert engine_by_name(INFO, "") == engine_by_name(INFO, "rules") == ENGINES[0]
    assert engine_by_name(INFO, "gone") is None and engine_by_name(None, "rules") is None


def test_an_unsupported_field_is_refused_with_the_engines_that_support_it():
    assert supports(INFO, "diffusion", "held") and refusal(INFO, "diffusion", "held") == ""
    assert not supports(INFO, "", "face")
    assert refusal(INFO, "", "face") == (
        "The engine 'rules' does not follow a matched face; choose diffusion or flow under Engine"
    )
    assert refusal(INFO, "flow", "onset") == (
        "The engine 'flow' does not follow the onset of emotions, nor does another of this backend"
    )


def test_an_unknown_engine_rules_nothing_out():
    assert supports(None, "", "face") and supports(INFO, "gone", "face")
    assert refusal(None, "", "face").startswith("Search for the backend first")


def test_each_field_has_a_name():
    assert all(OPTIONAL_FIELDS.values())
