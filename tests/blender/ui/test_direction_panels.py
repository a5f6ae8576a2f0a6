# SPDX-License-Identifier: GPL-3.0-or-later
"""A persona and lips of one's own in the panel: named by the backend, chosen in one undo step, sent on request."""

import json
from dataclasses import replace
from types import SimpleNamespace

import bpy
import pytest

from addon.connection.backend_info import BackendInfo, EngineInfo
from addon.generation.runner import runner
from addon.ui import direction_panels

ENGINES = (EngineInfo("rules", "1", follows=("persona", "lips_model")), EngineInfo("plain", "1"))


class Layout:
    """Notes what a panel or a menu draws: labels, and the menus and operators with their text."""

    def __init__(self, drawn=None):
        self.drawn, self.active = [] if drawn is None else drawn, True

    def __getattr__(self, name):
        if name in ("row", "column", "split"):
            return lambda **_: self._inner()
        raise AttributeError(name)

    def _inner(self):
        inner = Layout(self.drawn)
        inner.active = self.active
        return inner

    def prop(self, *_, **__):
        """Of sliders nothing is noted."""

    def label(self, text, icon=""):
        self.drawn.append(("label", text, self.active))

    def menu(self, name, text):
        self.drawn.append((name, text, self.active))

    def operator(self, name, text, translate=True):
        chosen = SimpleNamespace(name=None)
        self.drawn.append((name, text, chosen))
        return chosen


def drawn(cls) -> list[tuple]:
    """What a menu draws. Blender makes none outside of a window, so `draw` gets an object with a layout."""
    fields = {name: getattr(cls, name) for name in ("operator", "field", "nothing", "hint")}
    owner = SimpleNamespace(layout=Layout(), **fields)
    cls.draw(owner, bpy.context)
    return owner.layout.drawn


@pytest.fixture
def info(toy_head):
    bpy.context.view_layer.objects.active = toy_head
    know(personas=("ada", "bob"), lips_models=("mine",))


def know(**names: tuple[str, ...]) -> None:
    info = BackendInfo("http://127.0.0.1:9", "0.1.0", "cpu", ENGINES, "rules", **names)
    runner.state = replace(runner.state, info=info)


def menus() -> dict[str, tuple[str, bool]]:
    layout = Layout()
    direction_panels.draw_voice(layout, bpy.context.object.mien.performance)
    return {name: (text, active) for name, text, active in layout.drawn if name.startswith("MIEN_MT_")}


def test_the_menus_name_what_the_backend_has(info):
    personas = drawn(direction_panels.MIEN_MT_personas)
    assert [(text, chosen.name) for _, text, chosen in personas] == [("None", ""), ("ada", "ada"), ("bob", "bob")]
    lips = drawn(direction_panels.MIEN_MT_lips_models)
    assert [(name, text) for name, text, _ in lips] == [
        ("mien.choose_lips_model", "Default"),
        ("mien.choose_lips_model", "mine"),
    ]


def test_without_any_the_menu_says_how_one_is_made(info):
    know()
    assert drawn(direction_panels.MIEN_MT_personas)[-1][1] == "None here yet: mien learn FILM -o NAME"
    runner.state = replace(runner.state, info=None)
    assert drawn(direction_panels.MIEN_MT_lips_models)[-1][1] == "Search for the backend to see them"


def test_a_persona_takes_the_place_of_the_style(info, toy_head):
    texts, active = zip(*menus().values(), strict=True)
    assert texts == ("Default", "None", "Default") and active == (True, True, True)
    assert bpy.ops.mien.choose_persona(name="ada") == bpy.ops.mien.choose_lips_model(name="mine") == {"FINISHED"}
    texts, active = zip(*menus().values(), strict=True)
    assert texts == ("Default", "ada", "mine") and active == (False, True, True)
    toy_head.mien.performance.engine = "plain"
    assert [active for _, active in menus().values()] == [True, False, False]


def test_choosing_one_is_one_undo_step(info, toy_head):
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.choose_persona("EXEC_DEFAULT", True, name="ada") == {"FINISHED"}
    assert bpy.context.view_layer.objects.active.mien.performance.persona == "ada"
    bpy.ops.ed.undo()
    assert bpy.context.view_layer.objects.active.mien.performance.persona == ""


def test_it_is_sent_with_the_request(speaker, backend):
    performance = speaker.mien.performance
    performance.persona, performance.lips_model = "ada", "mine"
    assert bpy.ops.mien.generate() == {"FINISHED"}
    fields = json.loads(backend.requests[0]["direction"])
    assert (fields["persona"], fields["lips_model"]) == ("ada", "mine")
