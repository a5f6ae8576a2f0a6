# SPDX-License-Identifier: GPL-3.0-or-later
"""How the speaker is driven, in the sidebar: the table of its keys, and its bones."""

from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ..formats.channels import ARKIT, folded
from ..shape_keys import bones, driving, key_table, keys
from ..shape_keys.recognition import short_list
from . import text
from .disabled_reason import Reasoned

NO_MESH = "Select the mesh of a face"


def mesh_of(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active mesh, whose table the panel shows: the face, or a part of a speaker."""
    active = context.view_layer.objects.active if context.view_layer else None
    return active if active is not None and active.type == "MESH" else None


class _OfTable(Reasoned):
    """A button of the table of the active mesh."""

    needs_lines = True

    @classmethod
    def disabled_reason(cls, context) -> str:
        thing = mesh_of(context)
        if thing is None:
            return NO_MESH
        if thing.library is not None:
            return f"'{thing.name}' is linked from another file; make it a library override first"
        if cls.needs_lines and not thing.mien_driving.edited:
            return "Keys are driven by their names; press Edit Table to change that"
        return ""


class MIEN_OT_edit_table(_OfTable, bpy.types.Operator):
    """Make a table of what drives each shape key, as their names say, to be changed by hand"""

    bl_idname = "mien.edit_table"
    bl_label = "Edit Table"
    bl_options = {"REGISTER", "UNDO"}
    needs_lines = False

    def execute(self, context):
        thing = mesh_of(context)
        found = driving.table_of(thing)
        thing.mien_driving.set_rows(found.rows, found.scheme)
        return {"FINISHED"}


class MIEN_OT_forget_table(_OfTable, bpy.types.Operator):
    """Drop the table; shape keys are driven by their names again"""

    bl_idname = "mien.forget_table"
    bl_label = "By Name"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        own = mesh_of(context).mien_driving
        own.lines.clear()
        own.edited, own.table_name = False, ""
        return {"FINISHED"}


class MIEN_OT_add_key(_OfTable, bpy.types.Operator):
    """Drive another shape key: the mesh's active one, if the table does not have it"""

    bl_idname = "mien.add_key"
    bl_label = "Add Key to Table"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        thing = mesh_of(context)
        own = thing.mien_driving
        listed = {line.name for line in own.lines}
        active = thing.active_shape_key.name if thing.active_shape_key else ""
        free = [name for name in keys.names(thing.data) if name not in listed]
        line = own.lines.add()
        line.name = active if active in free else free[0] if free else ""
        line.source = "jawOpen"
        own.active_line = len(own.lines) - 1
        return {"FINISHED"}


class MIEN_OT_remove_key(_OfTable, bpy.types.Operator):
    """Take the shape key off the table; it is left alone from the next take on"""

    bl_idname = "mien.remove_key"
    bl_label = "Remove Key from Table"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        own = mesh_of(context).mien_driving
        own.lines.remove(own.active_line)
        own.active_line = max(0, min(own.active_line, len(own.lines) - 1))
        return {"FINISHED"}


class MIEN_OT_save_table(_OfTable, bpy.types.Operator, ExportHelper):
    """Write the table to a file, for another character or another person"""

    bl_idname = "mien.save_table"
    bl_label = "Save Table"
    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    needs_lines = False

    def execute(self, context):
        thing, path = mesh_of(context), Path(self.filepath)
        try:
            key_table.write_table(path, thing.mien_driving.table_name or thing.name, driving.table_of(thing).rows)
        except OSError as error:
            self.report({"ERROR"}, f"The table could not be written to '{path}': {error.strerror or error}.")
            return {"CANCELLED"}
        return {"FINISHED"}


class MIEN_OT_load_table(_OfTable, bpy.types.Operator, ImportHelper):
    """Read a table from a file and drive this mesh's shape keys by it"""

    bl_idname = "mien.load_table"
    bl_label = "Load Table"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    needs_lines = False

    def execute(self, context):
        thing = mesh_of(context)
        try:
            name, rows = key_table.read_table(Path(self.filepath))
        except key_table.TableError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        thing.mien_driving.set_rows(rows, name)
        has = set(keys.names(thing.data))
        gone = [row.key for row in rows if row.key not in has]
        if gone:
            self.report({"WARNING"}, f"'{thing.name}' has no shape keys {short_list(gone)}; their lines wait for them.")
        return {"FINISHED"}


class MIEN_OT_find_bones(Reasoned, bpy.types.Operator):
    """Fill in jaw, eyes, head and neck by the bones' names"""

    bl_idname = "mien.find_bones"
    bl_label = "Find Bones"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        thing = mesh_of(context)
        if thing is None:
            return NO_MESH
        return "" if thing.mien_driving.armature is not None else "Choose the armature first"

    def execute(self, context):
        own = mesh_of(context).mien_driving
        found = bones.by_name(own.armature)
        for part in ("jaw", "eye_left", "eye_right", "head", "neck"):
            setattr(own, part, getattr(found, part))
        if not found.names_by_part:
            self.report({"WARNING"}, f"No bone of '{own.armature.name}' has a name that is known; choose them.")
        return {"FINISHED"}


class MIEN_UL_keys(bpy.types.UIList):
    """key and source of each line; a key that is not there or a source that is none has a warning sign."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        has = item.name in keys.names(item.id_data.data)
        icon = "SHAPEKEY_DATA" if has and not key_table.fault(item.source) else "ERROR"
        if folded(item.name) == folded(item.source):  # nothing more to say, so the name has the whole line
            layout.label(text=item.name, icon=icon)
            return
        split = layout.split(factor=0.55, align=True)
        split.label(text=item.name, icon=icon)
        split.label(text=item.source)


class MIEN_PT_driving(bpy.types.Panel):
    """What of a take drives what"""

    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"
    bl_label = "Driving"
    bl_idname = "MIEN_PT_driving"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, thing = self.layout, mesh_of(context)
        if thing is None:
            layout.label(text=NO_MESH, icon="INFO")
            return
        own = thing.mien_driving
        _draw_table(layout, context, thing, own)
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(own, "vertices")
        column.separator()
        column.prop(own, "armature")
        if own.armature is not None:
            _draw_bones(column, own)


def _draw_table(layout, context, thing, own) -> None:
    found = driving.table_of(thing)
    text.draw(layout, context, _summary(thing, own, found))
    for sentence in found.notes:
        text.draw(layout, context, sentence, "INFO")
    if found.rows and found.missing:
        text.draw(layout, context, f"Not shown: {short_list(found.missing)}.", "INFO")
    if own.edited:
        row = layout.row()
        row.template_list("MIEN_UL_keys", "", own, "lines", own, "active_line", rows=5)
        side = row.column(align=True)
        side.operator("mien.add_key", text="", icon="ADD")
        side.operator("mien.remove_key", text="", icon="REMOVE")
        if 0 <= own.active_line < len(own.lines):
            _draw_line(layout, context, thing, own.lines[own.active_line])
    row = layout.row(align=True)
    row.operator("mien.forget_table" if own.edited else "mien.edit_table")
    row.operator("mien.load_table", text="Load")
    row.operator("mien.save_table", text="Save")


def _summary(thing, own, found) -> str:
    if not keys.names(thing.data):
        return f"'{thing.name}' has no shape keys. Bind it, or choose bones."
    if not found.rows:
        return f"None of the {len(keys.names(thing.data))} shape keys has a name that is known. Edit the table."
    shown = len(ARKIT) - len(found.missing)
    who = f"{found.scheme or 'By hand'}{' (edited)' if own.edited else ''}"
    return f"{who}: {len(found.rows)} keys for {shown} of {len(ARKIT)} channels"


def _draw_line(layout, context, thing, line) -> None:
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    if thing.data.shape_keys is not None:
        column.prop_search(line, "name", thing.data.shape_keys, "key_blocks")
    column.prop(line, "source")
    column.prop(line, "gain")
    column.prop(line, "offset")
    fault = key_table.fault(line.source)
    if fault:
        text.draw(layout, context, fault, "ERROR")


def _draw_bones(column, own) -> None:
    column.operator("mien.find_bones", icon="VIEWZOOM")
    for part in ("jaw", "eye_left", "eye_right", "head", "neck"):
        column.prop_search(own, part, own.armature.data, "bones")
    column.prop(own, "facing")


CLASSES = (
    MIEN_OT_edit_table,
    MIEN_OT_forget_table,
    MIEN_OT_add_key,
    MIEN_OT_remove_key,
    MIEN_OT_save_table,
    MIEN_OT_load_table,
    MIEN_OT_find_bones,
    MIEN_UL_keys,
    MIEN_PT_driving,
)
