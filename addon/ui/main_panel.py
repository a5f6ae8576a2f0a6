# SPDX-License-Identifier: GPL-3.0-or-later
"""The main panel of the 'Mien' tab in the 3D view's sidebar: speaker, lines, Generate, takes. Panels draw stored and
cached values; none contacts a backend."""

from urllib.parse import urlsplit

import bpy

from ..animation import takes
from ..connection import engines
from ..connection.preferences import preferences
from ..generation.runner import runner
from ..scene import direction, lines
from ..scene.direction import performance_of
from ..scene.speakers import speaker_of
from ..shape_keys import driving
from . import generate_operators, text
from .backend_panel import draw_key
from .films.panel import left
from .panel_base import Tab, menu

LONG_S = 5.0  # a job that is done sooner needs no time beside its bar


class MIEN_UL_lines(bpy.types.UIList):
    bl_idname = "MIEN_UL_lines"

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="NLA_PUSHDOWN" if item.strip else "SOUND")
        side = row.row(align=True)
        side.alignment = "RIGHT"
        count = len(item.takes)
        side.label(text=f"{count} take{'' if count == 1 else 's'}" if count else "")
        side.label(text=str(item.start_frame))


class MIEN_UL_takes(bpy.types.UIList):
    bl_idname = "MIEN_UL_takes"

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        row = layout.row(align=True)
        is_active = index == data.active_take
        row.prop(item, "name", text="", emboss=False, icon="HIDE_OFF" if is_active else "HIDE_ON")
        side = row.row(align=True)
        side.alignment = "RIGHT"
        side.label(text="video" if item.film else f"seed {item.seed}")
        row.prop(item, "lock", text="", emboss=False, icon="LOCKED" if item.lock else "UNLOCKED")
        row.prop(item, "star", text="", emboss=False, icon="SOLO_ON" if item.star else "SOLO_OFF")


class MIEN_PT_speaker(Tab, bpy.types.Panel):
    bl_label = "Lip-Sync"
    bl_idname = "MIEN_PT_speaker"

    def draw(self, context):
        layout, run = self.layout, context.window_manager.mien_run
        speaker = speaker_of(context)
        if speaker is None:
            layout.label(text="Select the mesh of a face", icon="INFO")
        else:
            _draw_speaker(layout, speaker)
        column = layout.column(align=True)  # side by side their names are cut
        column.operator("mien.add_head", icon="ADD")
        column.operator("mien.add_body", icon="ARMATURE_DATA")
        line = lines.active(speaker) if speaker is not None else None
        if speaker is not None:
            _draw_lines(layout, speaker, line)
            _draw_performance(layout, context, speaker, line)
            _draw_missing(layout, context, performance_of(speaker, line).engine)
        if line is not None:
            row = layout.row(align=True)
            row.use_property_split, row.use_property_decorate = True, False
            row.prop(line, "seed")
            row.prop(line, "lock_seed", text="", icon="LOCKED" if line.lock_seed else "UNLOCKED")
            row = layout.row()
            row.use_property_split, row.use_property_decorate = True, False
            row.prop(line, "count")
        button = layout.row()
        button.scale_y = 1.6
        button.operator_context = "INVOKE_DEFAULT"
        button.operator("mien.generate", icon="PLAY")
        if run.running:
            _draw_run(layout, run)
        if run.error:
            text.draw_dismissible(layout, context, run.error, "ERROR")
            _draw_lost(layout, context)
        elif run.note:
            text.draw_dismissible(layout, context, run.note, "INFO" if run.running else "CHECKMARK")
        elif speaker is not None and (reason := generate_operators.refusal(context)):
            text.draw(layout, context, f"{reason}.", "INFO")  # what Generate waits for; few look for a tooltip
        if line is not None and len(line.takes):
            _draw_takes(layout, line)
        if line is not None and not run.running:
            _draw_hints(layout, context, line)


def _draw_speaker(layout, speaker) -> None:
    row = layout.row()
    row.label(text=speaker.name, icon="MESH_DATA")
    table = driving.table_of(speaker)
    side = row.row()
    side.alignment = "RIGHT"
    if table.rows:
        side.label(text=f"{len(table.rows)} keys")


def _draw_lines(layout, speaker, line) -> None:
    settings = speaker.mien
    layout.use_property_split, layout.use_property_decorate = True, False
    if len(settings.lines) > 1:
        row = layout.row()
        row.template_list("MIEN_UL_lines", "", settings, "lines", settings, "active_line", rows=3)
        column = row.column(align=True)
        column.operator("mien.new_line", text="", icon="ADD")
        column.operator("mien.delete_line", text="", icon="REMOVE")
    column = layout.column()
    row = column.row(align=True)
    row.prop(settings, "sound")
    row.menu("MIEN_MT_from_video", text="", icon="FILE_MOVIE")
    if line is not None:
        column.prop(line, "start_frame")


def _draw_performance(layout, context, speaker, line) -> None:
    performance = performance_of(speaker, line)
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(performance, "emotion")
    row = column.row()
    row.active = performance.emotion != "neutral"
    row.prop(performance, "intensity", slider=True)
    menu(column, "Engine", "MIEN_MT_engines", _engine_name(performance.engine))
    info, requested = runner.state.info, direction.optional_fields(performance, line)
    unsupported = [field for field in requested if not engines.supports(info, performance.engine, field)]
    if unsupported:
        names = ", ".join(engines.OPTIONAL_FIELDS[field] for field in unsupported)
        text.draw(layout, context, f"Ignored by this engine: {names}.", "INFO")


def _draw_takes(layout, line) -> None:
    row = layout.row()
    row.template_list("MIEN_UL_takes", "", line, "takes", line, "active_take", rows=3)
    column = row.column(align=True)
    column.operator("mien.delete_take", text="", icon="REMOVE")
    column.separator()
    regenerate = column.row(align=True)
    regenerate.operator_context = "INVOKE_DEFAULT"
    regenerate.operator("mien.make_anew", text="", icon="FILE_REFRESH")


def _draw_missing(layout, context, name: str) -> None:
    """The parts that the engine still needs, with their licence and a button that opens their page."""
    engine = engines.engine_by_name(runner.state.info, name)
    for part in engine.missing if engine is not None else ():
        box = layout.box()
        text.draw(box, context, part.sentence)
        if part.page:
            box.operator("wm.url_open", text=urlsplit(part.page).netloc, icon="URL").url = part.page


def _engine_name(name: str) -> str:
    info = runner.state.info
    if name:
        is_known = info is None or any(engine.name == name for engine in info.engines)
        return name if is_known else f"{name} (not there)"
    return f"Default ({info.default_engine})" if info is not None else "Default"


def _draw_lost(layout, context) -> None:
    """What to press where no backend answered, or it refused us; its token and certificate once it was asked for."""
    if runner.state.lost:
        settings = preferences(context)
        if isinstance(settings, bpy.types.AddonPreferences):
            draw_key(layout, context, settings)
        row = layout.row(align=True)
        row.operator("mien.check_backend", icon="VIEWZOOM")
        row.operator("mien.open_preferences", text="Preferences", icon="PREFERENCES")


def _draw_run(layout, run) -> None:
    column = layout.column()
    stage = f"{run.stage[:1].upper()}{run.stage[1:]}"
    which = f"Take {run.number} of {run.total}: {stage}" if run.total > 1 else stage
    column.progress(factor=run.fraction, type="BAR", text=f"{which}  {run.fraction:.0%}")
    left_s = runner.state.left_s
    if left_s is not None and left_s >= LONG_S:
        of_it = " of this take" if run.total > 1 else ""
        column.label(text=f"About {left(left_s)} left{of_it}", icon="TIME")
    column.separator(factor=2.0)
    row = column.row()
    row.alignment = "RIGHT"  # away from Generate, so that a second click does not cancel
    row.operator("mien.cancel", icon="CANCEL")


def _draw_hints(layout, context, line) -> None:
    take, scene = takes.active(line), context.scene
    if take is None:
        return
    if take.last_frame > scene.frame_end:
        layout.operator(
            "mien.fit_end", text=f"Extend Scene to Frame {take.last_frame}", icon="PREVIEW_RANGE"
        ).frame = take.last_frame
    if scene.sync_mode == "NONE":
        column = layout.column(align=True)
        column.label(text="Playback may drift from the sound:", icon="INFO")
        column.prop(scene, "sync_mode", text="")


class MIEN_MT_engines(bpy.types.Menu):
    bl_label = "Engine"
    bl_idname = "MIEN_MT_engines"

    def draw(self, context):
        layout, info = self.layout, runner.state.info
        layout.operator("mien.choose_engine", text="Default of the Backend").name = ""
        if info is None:
            layout.label(text="Search for the backend to see its engines", icon="INFO")
            return
        for engine in info.engines:
            licence = f"  ({engine.licence})" if engine.licence else ""
            icon = "IMPORT" if engine.missing else "NONE"  # it may be chosen, and the panel says what it needs
            layout.operator("mien.choose_engine", text=f"{engine.name}{licence}", icon=icon).name = engine.name


CLASSES = (MIEN_UL_lines, MIEN_UL_takes, MIEN_MT_engines, MIEN_PT_speaker)
