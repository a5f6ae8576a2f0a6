# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of a recorded take in a line's panel: brows, eyes and head of a camera, lips of the voice."""

import bpy
from bpy.props import StringProperty

from ...animation import recorded_takes
from ...scene import lines
from ...scene.speakers import speaker_of
from ..disabled_reason import DisabledReason
from ..panel_base import menu

NONE = "None"


def draw_recorded(layout, speaker, line) -> None:
    """Nothing where the speaker has no take from video."""
    names = dict(recorded_takes.all_of(speaker))
    if not names and not line.recorded_from:
        return
    chosen = names.get(line.recorded_from, "Deleted") if line.recorded_from else NONE
    menu(layout, "Recorded", "MIEN_MT_recorded", chosen)
    if line.recorded_from:
        layout.prop(line, "recorded_part")


class MIEN_OT_choose_recorded(DisabledReason, bpy.types.Operator):
    """Let the line's next takes have brows, eyes and head, or the lips, of a take from video"""

    bl_idname = "mien.choose_recorded"
    bl_label = "Choose Recorded Take"
    bl_options = {"UNDO", "INTERNAL"}
    key: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        return "" if speaker is not None and lines.active(speaker) is not None else "There is no line"

    def execute(self, context):
        lines.active(speaker_of(context)).recorded_from = self.key
        return {"FINISHED"}


class MIEN_MT_recorded(bpy.types.Menu):
    bl_label = "Recorded Take"
    bl_idname = "MIEN_MT_recorded"

    def draw(self, context):
        self.layout.operator("mien.choose_recorded", text=NONE).key = ""
        for key, name in recorded_takes.all_of(speaker_of(context)):
            self.layout.operator("mien.choose_recorded", text=name, icon="FILE_MOVIE").key = key


CLASSES = (MIEN_OT_choose_recorded, MIEN_MT_recorded)
