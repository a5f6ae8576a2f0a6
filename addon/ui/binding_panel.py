# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding in the sidebar: points are picked by clicks, the button sends the mesh, the report and the heat map show."""

import bpy
from bpy_extras import view3d_utils

from ..binding import mesh, picks
from ..binding.run import run
from ..connection.client import is_loopback
from ..connection.preferences import preferences
from ..generation.runner import runner
from ..scene.apply import ApplyError
from . import text
from .backend_panel import address_refusal
from .disabled_reason import Reasoned
from .driving_panel import mesh_of

# What turns the view while points are picked.
PASSED = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM", "MOUSEMOVE", "HOME"}
PASSED |= {f"NUMPAD_{key}" for key in (*"0123456789", "PERIOD", "PLUS", "MINUS")}


class MIEN_OT_pick_points(Reasoned, bpy.types.Operator):
    """Click the points of the face one after another; the header names each. The empties can be moved afterwards"""

    bl_idname = "mien.pick_points"
    bl_label = "Pick Points"
    bl_options = {"REGISTER", "UNDO", "BLOCKING"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        thing = mesh_of(context)
        if thing is None:
            return "Select the mesh of a face"
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        return "" if context.area is not None and context.area.type == "VIEW_3D" else "Work in a 3D view"

    def invoke(self, context, event):
        self._thing = mesh_of(context).name
        self._area = context.area
        self._points = picks.asked(mesh_of(context))
        found = picks.empties(mesh_of(context))
        self._at = next((i for i, point in enumerate(self._points) if point.name not in found), 0)
        context.window_manager.modal_handler_add(self)
        self._say()
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        thing = bpy.data.objects.get(self._thing)
        if thing is None or event.type == "ESC":
            return self._end({"FINISHED"})  # what was picked stays; undo takes it back
        if event.value != "PRESS" or event.type in PASSED:
            return {"PASS_THROUGH"}
        if event.type in ("RET", "NUMPAD_ENTER"):
            return self._end({"FINISHED"})
        if event.type == "BACK_SPACE":
            self._at = max(0, self._at - 1)
            picks.remove(thing, {self._points[self._at].name})
        elif event.type == "SPACE":
            self._at += 1
        elif event.type == "LEFTMOUSE":
            region = self._region(event)
            if region is None:  # a click elsewhere, on the sidebar say
                return {"PASS_THROUGH"}
            if not self._pick(context, thing, region, event):
                self.report({"WARNING"}, f"That is beside '{thing.name}'; click on it.")
        if self._at >= len(self._points):
            return self._end({"FINISHED"})
        self._say()
        return {"RUNNING_MODAL"}

    def _region(self, event) -> bpy.types.Region | None:
        """The 3D view under the pointer, unless a panel lies over it."""
        x, y = event.mouse_x, event.mouse_y
        over = [each for each in self._area.regions if 0 <= x - each.x < each.width and 0 <= y - each.y < each.height]
        window = next((each for each in over if each.type == "WINDOW"), None)
        return window if all(each.type == "WINDOW" or each.width <= 1 for each in over) else None

    def _pick(self, context, thing, region, event) -> bool:
        view = self._area.spaces.active.region_3d
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        origin = view3d_utils.region_2d_to_origin_3d(region, view, at)
        ahead = view3d_utils.region_2d_to_vector_3d(region, view, at)
        place = picks.under(context, thing, origin, ahead)
        if place is not None:
            picks.put(context, thing, self._points[self._at].name, place)
            self._at += 1
        return place is not None

    def _say(self) -> None:
        point = self._points[self._at]
        number = f"{self._at + 1} of {len(self._points)}"
        worth = "" if point.needed else " (worth it, not needed)"
        self._area.header_text_set(
            f"Click the {point.label}{worth}, {number}.  Space: skip   Backspace: back   Enter: done   Esc: stop"
        )

    def _end(self, result: set[str]) -> set[str]:
        self._area.header_text_set(None)
        return result


class MIEN_OT_clear_picks(Reasoned, bpy.types.Operator):
    """Take the picked points off this mesh"""

    bl_idname = "mien.clear_picks"
    bl_label = "Clear Points"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        thing = mesh_of(context)
        return "" if thing is not None and picks.empties(thing) else "No points are picked on the selected mesh"

    def execute(self, context):
        picks.remove(mesh_of(context))
        return {"FINISHED"}


class MIEN_OT_bind(Reasoned, bpy.types.Operator):
    """Give this mesh the 52 channels of the default head as shape keys, in one undo step; takes some seconds"""

    bl_idname = "mien.bind"
    bl_label = "Bind"
    bl_options = {"REGISTER"}  # the undo step is pushed when the shapes are put on

    @classmethod
    def disabled_reason(cls, context) -> str:
        if run.running:
            return f"'{run.name}' is being bound; wait for it or cancel it"
        return mesh.refusal(mesh_of(context)) or address_refusal(context)

    def invoke(self, context, event):
        try:
            run.begin(*_arguments(context))
        except ApplyError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def execute(self, context):
        """The blocking way, for scripts and Blender without a window."""
        try:
            error = run.run(*_arguments(context))
        except ApplyError as refused:
            error = str(refused)
        if error:
            self.report({"ERROR"}, error)
            return {"CANCELLED"}
        self.report({"INFO"}, " ".join([run.note, *run.warnings]))
        return {"FINISHED"}


def _arguments(context) -> tuple:
    wanted, thing = preferences(context), mesh_of(context)
    own = wanted.start_own and is_loopback(wanted.address)
    return thing, thing.mien_driving.face_group, wanted.address, own, wanted.command, runner.local


class MIEN_OT_cancel_bind(Reasoned, bpy.types.Operator):
    """Stop binding; the mesh stays as it is"""

    bl_idname = "mien.cancel_bind"
    bl_label = "Cancel Binding"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if run.running else "No mesh is being bound"

    def execute(self, context):
        run.cancel()
        return {"FINISHED"}


class MIEN_OT_dismiss_binding(bpy.types.Operator):
    """Clear what was said of the last binding"""

    bl_idname = "mien.dismiss_binding"
    bl_label = "Clear Report"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        run.dismiss()
        return {"FINISHED"}


class MIEN_OT_show_fit(Reasoned, bpy.types.Operator):
    """Show or hide how far the mesh is from the head laid over it: blue is on it, red 4 mm away, grey is no face"""

    bl_idname = "mien.show_fit"
    bl_label = "Show Fit"

    @classmethod
    def disabled_reason(cls, context) -> str:
        thing = mesh_of(context)
        if thing is None or mesh.FIT not in thing.data.color_attributes:
            return "Bind the selected mesh first"
        return "" if context.space_data is not None and context.space_data.type == "VIEW_3D" else "Work in a 3D view"

    def execute(self, context):
        shading, colours = context.space_data.shading, mesh_of(context).data.color_attributes
        shown = shading.type == "SOLID" and shading.color_type == "VERTEX"
        shading.type, shading.color_type = "SOLID", "MATERIAL" if shown else "VERTEX"
        colours.active_color = colours[mesh.FIT]
        return {"FINISHED"}


class MIEN_PT_binding(bpy.types.Panel):
    """The 52 channels on a mesh of the animator's own"""

    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"
    bl_label = "Bind to the Mesh"
    bl_idname = "MIEN_PT_binding"
    bl_parent_id = "MIEN_PT_driving"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, thing = self.layout, mesh_of(context)
        if thing is None:
            return
        found = picks.empties(thing)
        row = layout.row(align=True)
        count = f" ({len(found)})" if found else ""
        row.operator("mien.pick_points", text=f"Pick Points{count}", icon="EYEDROPPER")
        row.operator("mien.clear_picks", text="", icon="X")
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop_search(thing.mien_driving, "face_group", thing, "vertex_groups")
        row = layout.row(align=True)
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mien.bind", icon="MOD_MESHDEFORM")
        row.operator("mien.show_fit", text="", icon="SHADING_SOLID")
        if run.running:
            layout.progress(factor=run.fraction, text=f"{run.name}: {run.stage}")
            layout.operator("mien.cancel_bind", icon="CANCEL")
        for sentence in filter(None, (run.error, run.note, *run.warnings)):
            text.draw(layout, context, sentence, "CHECKMARK" if sentence == run.note else "ERROR")
        if run.error or run.note:
            layout.operator("mien.dismiss_binding", icon="X")


CLASSES = (
    MIEN_OT_pick_points,
    MIEN_OT_clear_picks,
    MIEN_OT_bind,
    MIEN_OT_cancel_bind,
    MIEN_OT_dismiss_binding,
    MIEN_OT_show_fit,
    MIEN_PT_binding,
)
