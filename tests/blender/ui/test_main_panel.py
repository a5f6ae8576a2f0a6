# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operator has a name and a tooltip and is in the menu that Blender's search reads; presets are restored."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import pytest

import addon
from addon.scene.direction import face_of
from addon.ui import search_menu
from addon.ui.disabled_reason import DisabledReason
from addon.ui.films.panel import MIEN_PT_films
from addon.ui.main_panel import MIEN_PT_speaker


def operators() -> list[type]:
    return [cls for cls in addon._classes() if issubclass(cls, bpy.types.Operator)]


@pytest.mark.parametrize("cls", operators(), ids=lambda cls: cls.bl_idname)
def test_each_button_has_a_name_and_a_tooltip(cls):
    assert cls.bl_label and len(cls.bl_label) < 40
    description = cls.get_rna_type().description if hasattr(cls, "get_rna_type") else cls.__doc__
    assert description and not description.endswith("."), description


def test_the_search_menu_has_every_button_that_works_by_itself():
    internal = {"mien.add_head", "mien.add_body"}  # in the menu of things to add
    internal |= {cls.bl_idname for cls in operators() if "INTERNAL" in getattr(cls, "bl_options", ())}
    named = [f"mien.{name}" for group in search_menu.MENU for name in group]
    assert set(named) == {cls.bl_idname for cls in operators()} - internal and len(named) == len(set(named))


def test_a_button_that_is_greyed_out_has_a_reason(cube):
    """With a bare cube selected most buttons are: each must say why."""
    grey = [cls for cls in operators() if issubclass(cls, DisabledReason) and not cls.poll(bpy.context)]
    assert len(grey) > 10
    for cls in grey:
        reason = cls.disabled_reason(bpy.context)
        assert reason and not reason.endswith("."), (cls.bl_idname, reason)


@pytest.fixture
def sentences(monkeypatch) -> list[str]:
    """What panels that are drawn say in words."""
    said: list[str] = []
    monkeypatch.setattr("addon.ui.text.draw", lambda layout, context, text, *_, **__: said.append(text))
    return said


@pytest.mark.parametrize(("panel", "sentence"), [(MIEN_PT_speaker, "sound"), (MIEN_PT_films, "strip")])
def test_a_panel_says_what_its_main_button_waits_for(toy_head, sentences, panel, sentence):
    bpy.context.view_layer.objects.active = toy_head
    panel.draw(SimpleNamespace(layout=MagicMock()), bpy.context)
    assert any(sentence in each and each.endswith(".") for each in sentences), sentences


def test_a_preset_brings_a_performance_back(toy_head, cube, tmp_path, monkeypatch):
    monkeypatch.setattr(bpy.utils, "user_resource", lambda *_, **__: str(tmp_path))
    bpy.context.view_layer.objects.active = toy_head
    performance = toy_head.mien.performance
    performance.happy, performance.angry, performance.jaw, performance.style = 0.25, 0.5, 1.5, "clear"
    performance.face.browInnerUp, performance.onset = 0.75, 0.25
    assert bpy.ops.mien.add_preset(name="Grim smile") == {"FINISHED"}
    (file,) = tmp_path.rglob("*.py")
    bpy.context.view_layer.objects.active = cube
    exec(compile(file.read_text(), str(file), "exec"), {"bpy": bpy})  # as script.execute_preset does
    restored = cube.mien.performance
    assert (restored.happy, restored.angry, restored.jaw, restored.style, restored.emotion) == (
        0.25,
        0.5,
        1.5,
        "clear",
        "mix",
    )
    assert (face_of(restored), restored.onset) == ({"browInnerUp": 0.75}, 0.25)
