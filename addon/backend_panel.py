# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend in the sidebar: where it is, what it said, and the buttons that look for it, start and stop it."""

import bpy

from . import sentences
from .client import ClientError, is_loopback
from .preferences import preferences
from .pump import pump
from .reasons import Reasoned


def address_refusal(context: bpy.types.Context) -> str:
    """Why the backend's address may not be asked; '' when it may. Loopback is not the internet."""
    try:
        if is_loopback(preferences(context).address) or bpy.app.online_access:
            return ""
    except ClientError as error:
        return str(error).rstrip(".")
    return "The backend is on another machine: allow online access in Preferences > System"


class MIEN_OT_check_backend(Reasoned, bpy.types.Operator):
    """Look what answers at the address, and which engines it has"""

    bl_idname = "mien.check_backend"
    bl_label = "Look"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return address_refusal(context)

    def execute(self, context):
        wanted = preferences(context)
        pump.look(wanted.address, False, wanted.command)
        return {"FINISHED"}


class MIEN_OT_start_backend(Reasoned, bpy.types.Operator):
    """Start a backend on this machine, unless one answers at the address; it ends with Blender"""

    bl_idname = "mien.start_backend"
    bl_label = "Start"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "Blender's own backend runs already" if pump.local.running else address_refusal(context)

    def execute(self, context):
        wanted = preferences(context)
        pump.look(wanted.address, True, wanted.command)
        return {"FINISHED"}


class MIEN_OT_stop_backend(Reasoned, bpy.types.Operator):
    """Stop the backend that Blender started"""

    bl_idname = "mien.stop_backend"
    bl_label = "Stop"

    @classmethod
    def disabled_reason(cls, context) -> str:
        if not pump.local.running:
            return "Blender has started no backend of its own"
        return "Cancel the take first" if context.window_manager.mien_run.running else ""

    def execute(self, context):
        pump.stop_local()
        return {"FINISHED"}


class MIEN_PT_backend(bpy.types.Panel):
    bl_label = "Backend"
    bl_idname = "MIEN_PT_backend"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 90

    def draw(self, context):
        layout, wanted, run = self.layout, preferences(context), context.window_manager.mien_run
        if isinstance(wanted, bpy.types.AddonPreferences):
            layout.prop(wanted, "address", text="")
            layout.prop(wanted, "start_own")
        if run.backend:
            sentences.draw(layout, context, run.backend)
        row = layout.row(align=True)
        row.operator("mien.check_backend", icon="VIEWZOOM")
        row.operator("mien.start_backend")
        row.operator("mien.stop_backend")


CLASSES = (MIEN_OT_check_backend, MIEN_OT_start_backend, MIEN_OT_stop_backend, MIEN_PT_backend)
