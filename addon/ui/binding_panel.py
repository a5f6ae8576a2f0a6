# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel and operators of binding: picking points, sending the mesh, and showing the fit."""

import bpy
from bpy_extras import view3d_utils

from ..binding import mesh, picks
from ..binding.run import run
from ..connection.address import is_loopback
from ..connection.preferences import preferences
from ..generation.runner import runner
from ..scene.apply import ApplyError
from . import text
from .backend_panel import address_refusal
from .disabled_reason import DisabledReason
from .driving_panel import mesh_of

# Events that navigate the view while points are picked.
PASSED = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM", "MOUSEMOVE", "HOME"}
PASSED |= {f"NUMPAD_{key}" for key in (*"0123456789", "PERIOD", "PLUS", "MINUS")}


class MIEN_OT_pick_points(DisabledReason, bpy.types.Operator):
    """Click the points of the face one after another; the header names each. The empties can be moved afterwards"""

    bl_idname = "mien.pick_points"
    bl_label = "Pick Points"
    bl_options = {"REGISTER", "UNDO", "BLOCKING"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        obj = mesh_of(context)
        if obj is None:
            return "Select the mesh of a face"
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        return "" if context.area is not None and context.area.type == "VIEW_3D" else "Work in a 3D view"

    def invoke(self, context, event):
        self._mesh_name = mesh_of(context).name
        self._area = context.area
        self._points = picks.points_to_pick(mesh_of(context))
        picked = picks.empties(mesh_of(context))
        self._at = next((i for i, point in enumerate(self._points) if point.name not in picked), 0)
        context.window_manager.modal_handler_add(self)
        self._show_prompt()
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        obj = bpy.data.objects.get(self._mesh_name)
        if obj is None or event.type == "ESC":
            return self._end({"FINISHED"})  # what was picked stays; undo takes it back
        if event.value != "PRESS" or event.type in PASSED:
            return {"PASS_THROUGH"}
        if event.type in ("RET", "NUMPAD_ENTER"):
            return self._end({"FINISHED"})
        if event.type == "BACK_SPACE":
            self._at = max(0, self._at - 1)
            picks.remove(obj, {self._points[self._at].name})
        elif event.type == "SPACE":
            self._at += 1
        elif event.type == "LEFTMOUSE":
            region = self._region(event)
            if region is None:  # a click elsewhere, on the sidebar say
                return {"PASS_THROUGH"}
            if not self._pick(context, obj, region, event):
                self.report({"WARNING"}, f"That is beside '{obj.name}'; click on it.")
        if self._at >= len(self._points):
            return self._end({"FINISHED"})
        self._show_prompt()
        return {"RUNNING_MODAL"}

    def _region(self, event) -> bpy.types.Region | None:
        """The 3D view under the pointer, unless a panel lies over it."""
        x, y = event.mouse_x, event.mouse_y
        regions = [
            part for part in self._area.regions if 0 <= x - part.x < part.width and 0 <= y - part.y < part.height
        ]
        window = next((part for part in regions if part.type == "WINDOW"), None)
        return window if all(part.type == "WINDOW" or part.width <= 1 for part in regions) else None

    def _pick(self, context, obj, region, event) -> bool:
        view = self._area.spaces.active.region_3d
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        origin = view3d_utils.region_2d_to_origin_3d(region, view, at)
        direction = view3d_utils.region_2d_to_vector_3d(region, view, at)
        position = picks.ray_hit(context, obj, origin, direction)
        if position is not None:
            picks.place_empty(context, obj, self._points[self._at].name, position)
            self._at += 1
        return position is not None

    def _show_prompt(self) -> None:
        point = self._points[self._at]
        number = f"{self._at + 1} of {len(self._points)}"
        optional = "" if point.needed else " (worth it, not needed)"
        self._area.header_text_set(
            f"Click the {point.label}{optional}, {number}.  Space: skip   Backspace: back   Enter: done   Esc: stop"
        )

    def _end(self, result: set[str]) -> set[str]:
        self._area.header_text_set(None)
        return result


class MIEN_OT_clear_picks(DisabledReason, bpy.types.Operator):
    """Take the picked points off this mesh"""

    bl_idname = "mien.clear_picks"
    bl_label = "Clear Points"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        obj = mesh_of(context)
        return "" if obj is not None and picks.empties(obj) else "No points are picked on the selected mesh"

    def execute(self, context):
        picks.remove(mesh_of(context))
        return {"FINISHED"}


class MIEN_OT_bind(DisabledReason, bpy.types.Operator):
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
        """Bind before returning, for scripts and Blender without a window."""
        try:
            error = run.run(*_arguments(context))
        except ApplyError as refusal:
            error = str(refusal)
        if error:
            self.report({"ERROR"}, error)
            return {"CANCELLED"}
        self.report({"INFO"}, " ".join([run.note, *run.warnings]))
        return {"FINISHED"}


def _arguments(context) -> tuple:
    settings, obj = preferences(context), mesh_of(context)
    start_own = settings.start_own and is_loopback(settings.address)
    return obj, obj.mien_driving.face_group, settings.address, start_own, settings.command, runner.local


class MIEN_OT_cancel_bind(DisabledReason, bpy.types.Operator):
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
    """Clear the messages on the last binding"""

    bl_idname = "mien.dismiss_binding"
    bl_label = "Clear Report"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        run.dismiss()
        return {"FINISHED"}


class MIEN_OT_show_fit(DisabledReason, bpy.types.Operator):
    """Show or hide how far the mesh is from the head laid over it: blue is on it, red 4 mm away, grey is no face"""

    bl_idname = "mien.show_fit"
    bl_label = "Show Fit"

    @classmethod
    def disabled_reason(cls, context) -> str:
        obj = mesh_of(context)
        if obj is None or mesh.FIT not in obj.data.color_attributes:
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
        layout, obj = self.layout, mesh_of(context)
        if obj is None:
            return
        picked = picks.empties(obj)
        row = layout.row(align=True)
        count = f" ({len(picked)})" if picked else ""
        row.operator("mien.pick_points", text=f"Pick Points{count}", icon="EYEDROPPER")
        row.operator("mien.clear_picks", text="", icon="X")
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop_search(obj.mien_driving, "face_group", obj, "vertex_groups")
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
