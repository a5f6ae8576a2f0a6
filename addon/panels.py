# SPDX-License-Identifier: GPL-3.0-or-later
"""The 'Mien' tab of the 3D view's sidebar. Draws what is stored and cached; asks no backend."""

from urllib.parse import urlsplit

import bpy

from . import corrections, driving, following, lines, sentences, takes
from .performance import EMOTIONS, of_line
from .pump import pump
from .speakers import speaker_of

MENU = (
    ("generate", "make_anew", "delete_take", "cancel"),
    ("new_line", "lines_from_strips", "delete_line"),
    ("correct", "done_correcting", "clear_corrections", "thin", "bake_down", "back_to_takes"),
    ("add_parts", "remove_part", "apply_take"),
    ("check_backend", "start_backend", "stop_backend"),
)


class _Tab:
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"


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
        seen = index == data.active_take
        row.prop(item, "name", text="", emboss=False, icon="HIDE_OFF" if seen else "HIDE_ON")
        side = row.row(align=True)
        side.alignment = "RIGHT"
        side.label(text=f"seed {item.seed}")
        row.prop(item, "lock", text="", emboss=False, icon="LOCKED" if item.lock else "UNLOCKED")
        row.prop(item, "star", text="", emboss=False, icon="SOLO_ON" if item.star else "SOLO_OFF")


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
        line = lines.active(speaker) if speaker is not None else None
        if speaker is not None:
            _draw_lines(layout, speaker, line)
            _draw_performance(layout, speaker, line)
            _draw_missing(layout, context, of_line(speaker, line).engine)
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
            sentences.draw_dismissible(layout, context, run.error, "ERROR")
        elif run.note:
            sentences.draw_dismissible(layout, context, run.note, "INFO" if run.running else "CHECKMARK")
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
    asked = speaker.mien
    layout.use_property_split, layout.use_property_decorate = True, False
    if len(asked.lines) > 1:
        row = layout.row()
        row.template_list("MIEN_UL_lines", "", asked, "lines", asked, "active_line", rows=3)
        column = row.column(align=True)
        column.operator("mien.new_line", text="", icon="ADD")
        column.operator("mien.delete_line", text="", icon="REMOVE")
    column = layout.column()
    column.prop(asked, "sound")
    if line is not None:
        column.prop(line, "start_frame")


def _draw_performance(layout, speaker, line) -> None:
    asked = of_line(speaker, line)
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(asked, "emotion")
    row = column.row()
    row.active = asked.emotion != "neutral"
    row.prop(asked, "intensity", slider=True)
    _menu(column, "Engine", "MIEN_MT_engines", _engine_name(asked.engine))


def _draw_takes(layout, line) -> None:
    row = layout.row()
    row.template_list("MIEN_UL_takes", "", line, "takes", line, "active_take", rows=3)
    column = row.column(align=True)
    column.operator("mien.delete_take", text="", icon="REMOVE")
    column.separator()
    again = column.row(align=True)
    again.operator_context = "INVOKE_DEFAULT"
    again.operator("mien.make_anew", text="", icon="FILE_REFRESH")


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
    stage = f"{run.stage[:1].upper()}{run.stage[1:]}"
    which = f"Take {run.number} of {run.total}: {stage}" if run.total > 1 else stage
    column.progress(factor=run.fraction, type="BAR", text=f"{which}  {run.fraction:.0%}")
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
        layout, info, speaker = self.layout, pump.state.info, speaker_of(context)
        wanted = of_line(speaker, lines.active(speaker)).engine
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
    """A closed part of the panel that shows while there is a speaker."""

    bl_parent_id = "MIEN_PT_speaker"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return speaker_of(context) is not None


class MIEN_PT_line(_OfSpeaker, bpy.types.Panel):
    bl_label = "Line"

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        layout.use_property_split, layout.use_property_decorate = True, False
        line = lines.active(speaker)
        row = layout.row(align=True)
        row.operator("mien.new_line", icon="ADD")
        row.operator("mien.lines_from_strips", text="From Strips", icon="SEQ_SEQUENCER")
        if line is None:
            return
        layout.prop(line, "name")
        editor = following.sequencer_scene(context).sequence_editor
        if editor is not None:
            layout.prop_search(line, "strip", editor, "strips" if hasattr(editor, "strips") else "sequences")
        layout.prop(speaker.mien, "place_sound")
        layout.prop(line, "transcript")
        layout.prop(line, "own")
        take = takes.active(line)
        if take is not None:
            layout.prop(take, "note", text="Take's Note")
        layout.operator("mien.delete_line", icon="REMOVE")


class _OfPerformance(_OfSpeaker):
    """Sliders of the performance; `keyed` ones have a dot to key them."""

    keyed = False

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        layout.use_property_split, layout.use_property_decorate = True, self.keyed
        asked = of_line(speaker, lines.active(speaker))
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
        asked = of_line(speaker, lines.active(speaker))
        _menu(self.layout, "Style", "MIEN_MT_styles", asked.style.capitalize() or "Default")


class MIEN_PT_life(_OfPerformance, bpy.types.Panel):
    bl_label = "Life"
    sliders = ("blinks", "brows", "gaze", "head", "temperature")

    def draw(self, context):
        super().draw(context)
        self.layout.prop(speaker_of(context).mien, "head_object")


class MIEN_PT_curves(_OfSpeaker, bpy.types.Panel):
    bl_label = "Curves"

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        correcting = corrections.under_way(speaker)
        row = layout.row(align=True)
        if correcting:
            row.operator("mien.done_correcting", icon="CHECKMARK")
        else:
            row.operator("mien.correct", icon="FCURVE")
        row.operator("mien.clear_corrections", text="", icon="TRASH")
        layout.operator("mien.thin", icon="IPO_LINEAR")
        layout.operator("mien.back_to_takes" if speaker.mien.baked else "mien.bake_down", icon="ACTION")
        layout.separator()
        file = layout.row()
        file.operator_context = "INVOKE_DEFAULT"
        file.operator("mien.apply_take", icon="FILE")


class MIEN_PT_parts(_OfSpeaker, bpy.types.Panel):
    bl_label = "Further Meshes"

    def draw(self, context):
        layout, asked = self.layout, speaker_of(context).mien
        for part in asked.parts:
            layout.prop(part, "mesh", text="")
        row = layout.row(align=True)
        row.operator("mien.add_parts", icon="ADD")
        row.operator("mien.remove_part", text="", icon="REMOVE")


class MIEN_MT_lip_sync(bpy.types.Menu):
    """Every button once more, so that Blender's search (F3) finds it."""

    bl_label = "Lip-Sync"
    bl_idname = "MIEN_MT_lip_sync"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        for group in MENU:
            for name in group:
                layout.operator(f"mien.{name}")
            if group != MENU[-1]:
                layout.separator()


def add_to_object_menu(self, context):
    self.layout.separator()
    self.layout.menu("MIEN_MT_lip_sync")


def add_to_menu(self, context):
    self.layout.operator("mien.add_head", text="Mien Head", icon="USER")


CLASSES = (
    MIEN_UL_lines,
    MIEN_UL_takes,
    MIEN_MT_engines,
    MIEN_MT_styles,
    MIEN_MT_lip_sync,
    MIEN_PT_speaker,
    MIEN_PT_line,
    MIEN_PT_emotions,
    MIEN_PT_articulation,
    MIEN_PT_life,
    MIEN_PT_curves,
    MIEN_PT_parts,
)


def register() -> None:
    bpy.types.VIEW3D_MT_mesh_add.append(add_to_menu)
    bpy.types.VIEW3D_MT_object.append(add_to_object_menu)


def unregister() -> None:
    bpy.types.VIEW3D_MT_object.remove(add_to_object_menu)
    bpy.types.VIEW3D_MT_mesh_add.remove(add_to_menu)
