# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel and operators of shape-key mapping: the table of keys, and bones."""

from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ..formats.channels import ARKIT, folded
from ..shape_keys import bones, driving, key_table, keys
from ..shape_keys.recognition import short_list
from . import text
from .disabled_reason import DisabledReason

NO_MESH = "Select the mesh of a face"


def mesh_of(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active mesh, whose mapping the panel shows: the face, or a further mesh of a speaker."""
    active = context.view_layer.objects.active if context.view_layer else None
    return active if active is not None and active.type == "MESH" else None


class _TableOperator(DisabledReason):
    """An operator on the mapping table of the active mesh."""

    needs_lines = True

    @classmethod
    def disabled_reason(cls, context) -> str:
        obj = mesh_of(context)
        if obj is None:
            return NO_MESH
        if obj.library is not None:
            return f"'{obj.name}' is linked from another file; make it a library override first"
        if cls.needs_lines and not obj.mien_driving.edited:
            return "Keys are driven by their names; press Edit Table to change that"
        return ""


class MIEN_OT_edit_table(_TableOperator, bpy.types.Operator):
    """Make a table of what drives each shape key, as their names say, to be changed by hand"""

    bl_idname = "mien.edit_table"
    bl_label = "Edit Table"
    bl_options = {"REGISTER", "UNDO"}
    needs_lines = False

    def execute(self, context):
        obj = mesh_of(context)
        table = driving.table_of(obj)
        obj.mien_driving.set_rows(table.rows, table.scheme)
        return {"FINISHED"}


class MIEN_OT_forget_table(_TableOperator, bpy.types.Operator):
    """Drop the table; shape keys are driven by their names again"""

    bl_idname = "mien.forget_table"
    bl_label = "By Name"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        mapping = mesh_of(context).mien_driving
        mapping.lines.clear()
        mapping.edited, mapping.table_name = False, ""
        return {"FINISHED"}


class MIEN_OT_add_key(_TableOperator, bpy.types.Operator):
    """Drive another shape key: the mesh's active one, if the table does not have it"""

    bl_idname = "mien.add_key"
    bl_label = "Add Key to Table"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        obj = mesh_of(context)
        mapping = obj.mien_driving
        known = {line.name for line in mapping.lines}
        active = obj.active_shape_key.name if obj.active_shape_key else ""
        free = [name for name in keys.names(obj.data) if name not in known]
        line = mapping.lines.add()
        line.name = active if active in free else free[0] if free else ""
        line.source = "jawOpen"
        mapping.active_line = len(mapping.lines) - 1
        return {"FINISHED"}


class MIEN_OT_remove_key(_TableOperator, bpy.types.Operator):
    """Take the shape key off the table; it is left alone from the next take on"""

    bl_idname = "mien.remove_key"
    bl_label = "Remove Key from Table"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        mapping = mesh_of(context).mien_driving
        mapping.lines.remove(mapping.active_line)
        mapping.active_line = max(0, min(mapping.active_line, len(mapping.lines) - 1))
        return {"FINISHED"}


class MIEN_OT_save_table(_TableOperator, bpy.types.Operator, ExportHelper):
    """Write the table to a file, for another character or another person"""

    bl_idname = "mien.save_table"
    bl_label = "Save Table"
    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    needs_lines = False

    def execute(self, context):
        obj, path = mesh_of(context), Path(self.filepath)
        try:
            key_table.write_table(path, obj.mien_driving.table_name or obj.name, driving.table_of(obj).rows)
        except OSError as error:
            self.report({"ERROR"}, f"The table could not be written to '{path}': {error.strerror or error}.")
            return {"CANCELLED"}
        return {"FINISHED"}


class MIEN_OT_load_table(_TableOperator, bpy.types.Operator, ImportHelper):
    """Read a table from a file and drive this mesh's shape keys by it"""

    bl_idname = "mien.load_table"
    bl_label = "Load Table"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    needs_lines = False

    def execute(self, context):
        obj = mesh_of(context)
        try:
            name, rows = key_table.read_table(Path(self.filepath))
        except key_table.TableError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        obj.mien_driving.set_rows(rows, name)
        names = set(keys.names(obj.data))
        absent = [row.key for row in rows if row.key not in names]
        if absent:
            self.report({"WARNING"}, f"'{obj.name}' has no shape keys {short_list(absent)}; their lines wait for them.")
        return {"FINISHED"}


class MIEN_OT_find_bones(DisabledReason, bpy.types.Operator):
    """Fill in jaw, eyes, head and neck by the bones' names"""

    bl_idname = "mien.find_bones"
    bl_label = "Find Bones"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        obj = mesh_of(context)
        if obj is None:
            return NO_MESH
        return "" if obj.mien_driving.armature is not None else "Choose the armature first"

    def execute(self, context):
        mapping = mesh_of(context).mien_driving
        named_bones = bones.by_name(mapping.armature)
        for part in ("jaw", "eye_left", "eye_right", "head", "neck"):
            setattr(mapping, part, getattr(named_bones, part))
        if not named_bones.names_by_part:
            self.report({"WARNING"}, f"No bone of '{mapping.armature.name}' has a name that is known; choose them.")
        return {"FINISHED"}


class MIEN_UL_keys(bpy.types.UIList):
    """Key and source of each row, with a warning sign where either is faulty."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        exists = item.name in keys.names(item.id_data.data)
        icon = "SHAPEKEY_DATA" if exists and not key_table.fault(item.source) else "ERROR"
        if folded(item.name) == folded(item.source):  # the source is the name, which gets the whole row
            layout.label(text=item.name, icon=icon)
            return
        split = layout.split(factor=0.55, align=True)
        split.label(text=item.name, icon=icon)
        split.label(text=item.source)


class MIEN_PT_driving(bpy.types.Panel):
    """Which channels of a take drive which shape keys and bones"""

    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"
    bl_label = "Driving"
    bl_idname = "MIEN_PT_driving"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, obj = self.layout, mesh_of(context)
        if obj is None:
            layout.label(text=NO_MESH, icon="INFO")
            return
        mapping = obj.mien_driving
        _draw_table(layout, context, obj, mapping)
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(mapping, "vertices")
        column.separator()
        column.prop(mapping, "armature")
        if mapping.armature is not None:
            _draw_bones(column, mapping)


def _draw_table(layout, context, obj, mapping) -> None:
    table = driving.table_of(obj)
    text.draw(layout, context, _summary(obj, mapping, table))
    for sentence in table.notes:
        text.draw(layout, context, sentence, "INFO")
    if table.rows and table.missing:
        text.draw(layout, context, f"Not shown: {short_list(table.missing)}.", "INFO")
    if mapping.edited:
        row = layout.row()
        row.template_list("MIEN_UL_keys", "", mapping, "lines", mapping, "active_line", rows=5)
        side = row.column(align=True)
        side.operator("mien.add_key", text="", icon="ADD")
        side.operator("mien.remove_key", text="", icon="REMOVE")
        if 0 <= mapping.active_line < len(mapping.lines):
            _draw_line(layout, context, obj, mapping.lines[mapping.active_line])
    row = layout.row(align=True)
    row.operator("mien.forget_table" if mapping.edited else "mien.edit_table")
    row.operator("mien.load_table", text="Load")
    row.operator("mien.save_table", text="Save")


def _summary(obj, mapping, table) -> str:
    if not keys.names(obj.data):
        return f"'{obj.name}' has no shape keys. Bind it, or choose bones."
    if not table.rows:
        return f"None of the {len(keys.names(obj.data))} shape keys has a name that is known. Edit the table."
    shown = len(ARKIT) - len(table.missing)
    title = f"{table.scheme or 'By hand'}{' (edited)' if mapping.edited else ''}"
    return f"{title}: {len(table.rows)} keys for {shown} of {len(ARKIT)} channels"


def _draw_line(layout, context, obj, line) -> None:
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    if obj.data.shape_keys is not None:
        column.prop_search(line, "name", obj.data.shape_keys, "key_blocks")
    column.prop(line, "source")
    column.prop(line, "gain")
    column.prop(line, "offset")
    fault = key_table.fault(line.source)
    if fault:
        text.draw(layout, context, fault, "ERROR")


def _draw_bones(column, mapping) -> None:
    column.operator("mien.find_bones", icon="VIEWZOOM")
    for part in ("jaw", "eye_left", "eye_right", "head", "neck"):
        column.prop_search(mapping, part, mapping.armature.data, "bones")
    column.prop(mapping, "facing")


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
