# SPDX-License-Identifier: GPL-3.0-or-later
"""Advanced Direction: one sentence where the engine follows none of it, whatever else it follows."""

from dataclasses import replace
from types import SimpleNamespace

import bpy
import pytest

from addon.connection.backend_info import BackendInfo, EngineInfo
from addon.generation.runner import runner
from addon.ui import engine_options_panel

CLOSER = ("face", "face_level", "onset", "offset", "sound_guidance", "emotion_guidance", "held")
ENGINES = (
    EngineInfo("rules", "1", follows=("persona", "lips_model")),
    EngineInfo("closer", "1", follows=CLOSER),
    EngineInfo("half", "1", follows=("face", "onset")),
)


class Layout(SimpleNamespace):
    """Takes whatever a panel draws."""

    def __getattr__(self, name):
        return lambda *_, **__: Layout()


@pytest.fixture
def sentences(toy_head, monkeypatch):
    """What the panel says of an engine."""
    before, said = runner.state, []
    runner.state = replace(before, info=BackendInfo("http://127.0.0.1:9", "0.1.0", "cpu", ENGINES, "rules"))
    monkeypatch.setattr(engine_options_panel.text, "draw", lambda layout, context, sentence, *_: said.append(sentence))

    def of(engine: str) -> list[str]:
        said.clear()
        toy_head.mien.performance.engine = engine
        engine_options_panel.MIEN_PT_engine_options.draw(SimpleNamespace(layout=Layout()), bpy.context)
        return list(said)

    yield of
    runner.state = before


def test_an_engine_that_follows_none_of_it_has_one_sentence(sentences):
    assert sentences("rules") == ["The engine 'rules' does not follow any of this; choose closer or half under Engine."]
    assert sentences("closer") == []


def test_an_engine_that_follows_some_has_one_for_each_of_the_others(sentences):
    assert len(sentences("half")) == 4 and all("choose closer" in sentence for sentence in sentences("half"))
