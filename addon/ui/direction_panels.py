# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels of the performance settings: emotions, articulation and non-verbal motion."""

import bpy

from ..connection import engines
from ..generation.runner import runner
from ..scene import lines
from ..scene.direction import EMOTIONS, performance_of
from ..scene.speakers import speaker_of
from .panel_base import SpeakerPanel, menu


class MIEN_MT_styles(bpy.types.Menu):
    bl_label = "Style"
    bl_idname = "MIEN_MT_styles"

    def draw(self, context):
        layout, info, speaker = self.layout, runner.state.info, speaker_of(context)
        engine_name = performance_of(speaker, lines.active(speaker)).engine
        layout.operator("mien.choose_style", text="Default").name = ""
        if info is None:
            layout.label(text="Look for the backend to see its styles", icon="INFO")
            return
        engine = engines.engine_by_name(info, engine_name)
        for style in engine.styles if engine is not None else ():
            if style != "default":
                layout.operator("mien.choose_style", text=style.capitalize()).name = style


class _PerformancePanel(SpeakerPanel):
    """Sliders of the performance settings; keyed: with a dot to key them."""

    keyed = False

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        layout.use_property_split, layout.use_property_decorate = True, self.keyed
        performance = performance_of(speaker, lines.active(speaker))
        for name in self.sliders:
            layout.prop(performance, name, slider=True)


class MIEN_PT_emotions(_PerformancePanel, bpy.types.Panel):
    bl_label = "Emotions"
    sliders = (*EMOTIONS, "intensity")
    keyed = True

    def draw(self, context):
        super().draw(context)
        row = self.layout.row(align=True)
        row.menu("MIEN_MT_presets", text="Presets")
        row.operator("mien.add_preset", text="", icon="ADD")
        row.operator("mien.add_preset", text="", icon="REMOVE").remove_active = True


class MIEN_PT_articulation(_PerformancePanel, bpy.types.Panel):
    bl_label = "Articulation"
    sliders = ("jaw", "lips")
    keyed = True

    def draw(self, context):
        super().draw(context)
        speaker = speaker_of(context)
        performance = performance_of(speaker, lines.active(speaker))
        menu(self.layout, "Style", "MIEN_MT_styles", performance.style.capitalize() or "Default")


class MIEN_PT_non_verbal(_PerformancePanel, bpy.types.Panel):
    bl_label = "Life"
    bl_idname = "MIEN_PT_life"
    sliders = ("blinks", "brows", "gaze", "head", "temperature")

    def draw(self, context):
        super().draw(context)
        self.layout.prop(speaker_of(context).mien, "head_object")


CLASSES = (MIEN_MT_styles, MIEN_PT_emotions, MIEN_PT_articulation, MIEN_PT_non_verbal)
