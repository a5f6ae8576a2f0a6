# SPDX-License-Identifier: GPL-3.0-or-later
"""The 'Mien' tab of the 3D view's sidebar. Draws what is stored and cached; asks no backend."""

from urllib.parse import urlsplit

import bpy

from . import channels, keys, sentences
from .operators import HEAD_VERTICES, speaker_of
from .pump import pump


class _Tab:
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"


class MIEN_PT_speaker(_Tab, bpy.types.Panel):
    bl_label = "Lip-Sync"
    bl_idname = "MIEN_PT_speaker"

    def draw(self, context):
        layout, run = self.layout, context.window_manager.mien_run
        speaker = speaker_of(context)
        if speaker is None:
            layout.label(text="Select the mesh of a face", icon="INFO")
        else:
            _draw_speaker(layout, speaker)
        layout.operator("mien.add_head", icon="ADD")
        if speaker is not None:
            _draw_settings(layout, speaker)
            _draw_missing(layout, context, speaker.mien.engine)
        button = layout.row()
        button.scale_y = 1.6
        button.operator_context = "INVOKE_DEFAULT"
        button.operator("mien.generate", icon="PLAY")
        if run.running:
            _draw_run(layout, run)
        if run.error:
            sentences.draw_dismissible(layout, context, run.error, "ERROR")
        elif run.note:
            sentences.draw_dismissible(layout, context, run.note, "INFO" if run.running else "CHECKMARK")
        if speaker is not None and not run.running:
            _draw_hints(layout, context, speaker)
        layout.operator("mien.apply_take", icon="FILE")


def _draw_speaker(layout, speaker) -> None:
    row = layout.row()
    row.label(text=speaker.name, icon="MESH_DATA")
    count = len(channels.match(channels.ARKIT, keys.names(speaker.data)).keys)
    if count or len(speaker.data.vertices) != HEAD_VERTICES:
        side = row.row()
        side.alignment = "RIGHT"
        side.label(text=f"{count} of {len(channels.ARKIT)} keys")


def _draw_settings(layout, speaker) -> None:
    settings = speaker.mien
    layout.use_property_split, layout.use_property_decorate = True, False
    column = layout.column()
    column.prop(settings, "sound")
    column.prop(settings, "start_frame")
    column.prop(settings, "place_sound")
    column = layout.column()
    column.prop(settings, "emotion")
    row = column.row()
    row.active = settings.emotion != "neutral"
    row.prop(settings, "intensity", slider=True)
    column.prop(settings, "seed")
    _menu(column, "Engine", "MIEN_MT_engines", _engine_name(settings.engine))


def _menu(layout, label: str, menu: str, chosen: str) -> None:
    """A menu that lines up with properties: its items come from the backend, so it cannot be an enum."""
    split = layout.row().split(factor=0.4)
    side = split.row()
    side.alignment = "RIGHT"
    side.label(text=label)
    split.menu(menu, text=chosen)


def _draw_missing(layout, context, name: str) -> None:
    """What the engine needs before it can work, where that is and under which licence; a button opens the page."""
    info = pump.state.info
    chosen = [each for each in info.engines if each.name == (name or info.default_engine)] if info is not None else []
    for lack in (lack for engine in chosen for lack in engine.missing):
        box = layout.box()
        sentences.draw(box, context, lack.sentence)
        if lack.page:
            box.operator("wm.url_open", text=urlsplit(lack.page).netloc, icon="URL").url = lack.page


def _engine_name(name: str) -> str:
    info = pump.state.info
    if name:
        known = info is None or any(engine.name == name for engine in info.engines)
        return name if known else f"{name} (not there)"
    return f"Default ({info.default_engine})" if info is not None else "Default"


def _draw_run(layout, run) -> None:
    column = layout.column()
    column.progress(
        factor=run.fraction, type="BAR", text=f"{run.stage[:1].upper()}{run.stage[1:]}  {run.fraction:.0%}"
    )
    column.separator(factor=2.0)
    row = column.row()
    row.alignment = "RIGHT"  # away from Generate, so that a second click does not cancel
    row.operator("mien.cancel", icon="CANCEL")


def _draw_hints(layout, context, speaker) -> None:
    last, scene = speaker.mien.last_frame, context.scene
    if last > scene.frame_end:
        layout.operator(
            "mien.fit_end", text=f"Extend Scene to Frame {last}", icon="PREVIEW_RANGE"
        ).frame = last
    if last and scene.sync_mode == "NONE":
        column = layout.column(align=True)
        column.label(text="Playback may drift from the sound:", icon="INFO")
        column.prop(scene, "sync_mode", text="")


class MIEN_MT_engines(bpy.types.Menu):
    bl_label = "Engine"
    bl_idname = "MIEN_MT_engines"

    def draw(self, context):
        layout, info = self.layout, pump.state.info
        layout.operator("mien.choose_engine", text="Default of the Backend").name = ""
        if info is None:
            layout.label(text="Look for the backend to see its engines", icon="INFO")
            return
        for engine in info.engines:
            licence = f"  ({engine.licence})" if engine.licence else ""
            icon = "IMPORT" if engine.missing else "NONE"  # it may be chosen, and the panel says what it needs
            layout.operator("mien.choose_engine", text=f"{engine.name}{licence}", icon=icon).name = engine.name


class MIEN_MT_styles(bpy.types.Menu):
    bl_label = "Style"
    bl_idname = "MIEN_MT_styles"

    def draw(self, context):
        layout, info, wanted = self.layout, pump.state.info, speaker_of(context).mien.engine
        layout.operator("mien.choose_style", text="Default").name = ""
        if info is None:
            layout.label(text="Look for the backend to see its styles", icon="INFO")
            return
        for engine in info.engines:
            if engine.name == (wanted or info.default_engine):
                for style in engine.styles:
                    if style != "default":
                        layout.operator("mien.choose_style", text=style.capitalize()).name = style


class _OfSpeaker(_Tab):
    bl_parent_id = "MIEN_PT_speaker"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return speaker_of(context) is not None

    def draw(self, context):
        layout, settings = self.layout, speaker_of(context).mien
        layout.use_property_split, layout.use_property_decorate = True, False
        for name in self.sliders:
            layout.prop(settings, name, slider=True)


class MIEN_PT_articulation(_OfSpeaker, bpy.types.Panel):
    bl_label = "Articulation"
    sliders = ("jaw", "lips")

    def draw(self, context):
        super().draw(context)
        settings = speaker_of(context).mien
        _menu(self.layout, "Style", "MIEN_MT_styles", settings.style.capitalize() or "Default")
        self.layout.prop(settings, "transcript")


class MIEN_PT_life(_OfSpeaker, bpy.types.Panel):
    bl_label = "Life"
    sliders = ("blinks", "brows", "gaze", "head")

    def draw(self, context):
        super().draw(context)
        self.layout.prop(speaker_of(context).mien, "head_object")


def add_to_menu(self, context):
    self.layout.operator("mien.add_head", text="Mien Head", icon="USER")


CLASSES = (
    MIEN_MT_engines,
    MIEN_MT_styles,
    MIEN_PT_speaker,
    MIEN_PT_articulation,
    MIEN_PT_life,
)


def register() -> None:
    bpy.types.VIEW3D_MT_mesh_add.append(add_to_menu)


def unregister() -> None:
    bpy.types.VIEW3D_MT_mesh_add.remove(add_to_menu)
