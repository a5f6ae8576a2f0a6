# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel of films: in the sidebar of the sequencer, and in that of the 3D view."""

import bpy

from ...video.run import run
from .. import text
from .operators import MIEN_OT_dub, MIEN_OT_portrait


class _Films:
    bl_label = "Films"
    bl_category = "Mien"
    bl_region_type = "UI"

    def draw(self, context):
        layout = self.layout
        row = layout.row(align=True)
        row.scale_y = 1.3
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mien.dub", icon="FILE_MOVIE")
        row.operator("mien.portrait", icon="IMAGE_DATA")
        row.operator("mien.talk", icon="ARMATURE_DATA")
        if run.running:
            column = layout.column()
            column.progress(factor=run.fraction, type="BAR", text=f"{run.stage.capitalize()}  {run.fraction:.0%}")
            if run.left_s is not None:
                column.label(text=f"{left(run.left_s)} left", icon="TIME")
            row = column.row()
            row.alignment = "RIGHT"
            row.operator("mien.cancel_film", text="Cancel", icon="CANCEL")
        for sentence, icon in ((run.error, "ERROR"), (run.note, "CHECKMARK")):
            if sentence:
                row = layout.box().row()
                text.draw(row, context, sentence, icon, margin=130)
                row.operator("mien.dismiss_film", text="", icon="X", emboss=False)
        if not (run.running or run.error or run.note):
            reasons = [button.disabled_reason(context) for button in (MIEN_OT_dub, MIEN_OT_portrait)]
            if all(reasons):
                text.draw(layout, context, f"{reasons[0]}.", "INFO")


class MIEN_PT_films_sequencer(_Films, bpy.types.Panel):
    bl_idname = "MIEN_PT_films_sequencer"
    bl_space_type = "SEQUENCE_EDITOR"

    @classmethod
    def poll(cls, context):
        return context.space_data.view_type in {"SEQUENCER", "SEQUENCER_PREVIEW"}


class MIEN_PT_films(_Films, bpy.types.Panel):
    bl_idname = "MIEN_PT_films"
    bl_space_type = "VIEW_3D"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 70


def left(seconds: float) -> str:
    """A time that is left, in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


CLASSES = (MIEN_PT_films_sequencer, MIEN_PT_films)
