# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a performance, in the sidebar: sliders of emotions, articulation and life."""

import bpy

from ..connection import engines
from ..generation.runner import runner
from ..scene import lines
from ..scene.direction import EMOTIONS, performance_of
from ..scene.speakers import speaker_of
from .panel_base import OfSpeaker, menu


class MIEN_MT_styles(bpy.types.Menu):
    bl_label = "Style"
    bl_idname = "MIEN_MT_styles"

    def draw(self, context):
        layout, info, speaker = self.layout, runner.state.info, speaker_of(context)
        wanted = performance_of(speaker, lines.active(speaker)).engine
        layout.operator("mien.choose_style", text="Default").name = ""
        if info is None:
            layout.label(text="Look for the backend to see its styles", icon="INFO")
            return
        engine = engines.engine_by_name(info, wanted)
        for style in engine.styles if engine is not None else ():
            if style != "default":
                layout.operator("mien.choose_style", text=style.capitalize()).name = style


class _OfPerformance(OfSpeaker):
    """Sliders of the performance; `keyed` ones have a dot to key them."""

    keyed = False

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        layout.use_property_split, layout.use_property_decorate = True, self.keyed
        asked = performance_of(speaker, lines.active(speaker))
        for name in self.sliders:
            layout.prop(asked, name, slider=True)


class MIEN_PT_emotions(_OfPerformance, bpy.types.Panel):
    bl_label = "Emotions"
    sliders = (*EMOTIONS, "intensity")
    keyed = True

    def draw(self, context):
        super().draw(context)
        row = self.layout.row(align=True)
        row.menu("MIEN_MT_presets", text="Presets")
        row.operator("mien.add_preset", text="", icon="ADD")
        row.operator("mien.add_preset", text="", icon="REMOVE").remove_active = True


class MIEN_PT_articulation(_OfPerformance, bpy.types.Panel):
    bl_label = "Articulation"
    sliders = ("jaw", "lips")
    keyed = True

    def draw(self, context):
        super().draw(context)
        speaker = speaker_of(context)
        asked = performance_of(speaker, lines.active(speaker))
        menu(self.layout, "Style", "MIEN_MT_styles", asked.style.capitalize() or "Default")


class MIEN_PT_life(_OfPerformance, bpy.types.Panel):
    bl_label = "Life"
    sliders = ("blinks", "brows", "gaze", "head", "temperature")

    def draw(self, context):
        super().draw(context)
        self.layout.prop(speaker_of(context).mien, "head_object")


CLASSES = (MIEN_MT_styles, MIEN_PT_emotions, MIEN_PT_articulation, MIEN_PT_life)
