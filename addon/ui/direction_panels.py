# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels of the performance settings: emotions, articulation and non-verbal motion."""

import bpy

from ..connection import engines
from ..generation.runner import runner
from ..scene import lines
from ..scene.direction import CHOSEN, EMOTIONS, performance_of
from ..scene.speakers import speaker_of
from .panel_base import SpeakerPanel, menu
from .timeline import emotion_suggestion


class MIEN_MT_styles(bpy.types.Menu):
    bl_label = "Style"
    bl_idname = "MIEN_MT_styles"

    def draw(self, context):
        layout, info, speaker = self.layout, runner.state.info, speaker_of(context)
        engine_name = performance_of(speaker, lines.active(speaker)).engine
        layout.operator("mien.choose_style", text="Default").name = ""
        if info is None:
            layout.label(text="Search for the backend to see its styles", icon="INFO")
            return
        engine = engines.engine_by_name(info, engine_name)
        for style in engine.styles if engine is not None else ():
            if style != "default":
                layout.operator("mien.choose_style", text=style.capitalize()).name = style


class _NamesMenu:
    """A menu of names that the backend's user has: `field` of BackendInfo, `nothing` for the empty one."""

    def draw(self, context):
        layout, info = self.layout, runner.state.info
        layout.operator(self.operator, text=self.nothing).name = ""
        names = () if info is None else getattr(info, self.field)
        for name in names:
            layout.operator(self.operator, text=name, translate=False).name = name
        if not names:
            layout.label(text=self.hint if info is not None else "Search for the backend to see them", icon="INFO")


class MIEN_MT_personas(_NamesMenu, bpy.types.Menu):
    bl_label, bl_idname = "Persona", "MIEN_MT_personas"
    operator, field, nothing = "mien.choose_persona", "personas", "None"
    hint = "None here yet: mien learn FILM -o NAME"


class MIEN_MT_lips_models(_NamesMenu, bpy.types.Menu):
    bl_label, bl_idname = "Lip Model", "MIEN_MT_lips_models"
    operator, field, nothing = "mien.choose_lips_model", "lips_models", "Default"
    hint = "None here yet: mien train lips FOLDER"


def draw_voice(layout, performance) -> None:
    """Style, persona and lips; what the engine does not follow, and a style beside a persona, is greyed."""
    persona, lips = (engines.supports(runner.state.info, performance.engine, field) for field in CHOSEN)
    for active, *row in (
        (not (persona and performance.persona), "Style", "MIEN_MT_styles", performance.style.capitalize() or "Default"),
        (persona, "Persona", "MIEN_MT_personas", performance.persona or "None"),
        (lips, "Lip Model", "MIEN_MT_lips_models", performance.lips_model or "Default"),
    ):
        column = layout.column()
        column.active = active
        menu(column, *row)


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
        emotion_suggestion.draw(self.layout, context)


class MIEN_PT_articulation(_PerformancePanel, bpy.types.Panel):
    bl_label = "Articulation"
    sliders = ("jaw", "lips")
    keyed = True

    def draw(self, context):
        super().draw(context)
        speaker = speaker_of(context)
        draw_voice(self.layout, performance_of(speaker, lines.active(speaker)))


def draw_gestures(layout, speaker) -> None:
    """How large gestures are and which hands make them; the armature that they are for."""
    performance = performance_of(speaker, lines.active(speaker))
    row = layout.row(align=True)
    row.prop(performance, "gestures", slider=True)
    side = row.row(align=True)
    side.active = performance.gestures > 0.0
    side.prop(performance, "hands", text="")
    layout.prop(speaker.mien, "body")


class MIEN_PT_non_verbal(_PerformancePanel, bpy.types.Panel):
    bl_label = "Non-Verbal Motion"
    bl_idname = "MIEN_PT_non_verbal"
    sliders = ("blinks", "brows", "gaze", "head", "temperature")

    def draw(self, context):
        super().draw(context)
        self.layout.prop(speaker_of(context).mien, "head_object")
        draw_gestures(self.layout, speaker_of(context))


CLASSES = (
    MIEN_MT_styles, MIEN_MT_personas, MIEN_MT_lips_models, MIEN_PT_emotions, MIEN_PT_articulation, MIEN_PT_non_verbal,
)  # fmt: skip
