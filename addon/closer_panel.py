# SPDX-License-Identifier: GPL-3.0-or-later
"""Closer direction in the sidebar: what only some engines follow. What this one does not is greyed out, and why."""

import bpy

from . import engines, lines, sentences
from .closer_operators import told
from .performance import of_line
from .pump import pump
from .sidebar import OfSpeaker
from .speakers import speaker_of

GROUPS = (("onset", "offset"), ("sound_guidance", "emotion_guidance"))


class MIEN_UL_face(bpy.types.UIList):
    bl_idname = "MIEN_UL_face"

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        layout.prop(item, "value", text=item.name, slider=True)


class MIEN_PT_closer(OfSpeaker, bpy.types.Panel):
    bl_label = "Closer Direction"

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        line = lines.active(speaker)
        asked = of_line(speaker, line)
        refused = {field: engines.refusal(pump.state.info, asked.engine, field) for field in engines.SPECIAL}
        if all(refused.values()):
            all_refused = engines.refusal(pump.state.info, asked.engine, "face", "any of this")
            sentences.draw(layout, context, f"{all_refused}.", "INFO")
        else:
            for sentence in dict.fromkeys(filter(None, refused.values())):
                sentences.draw(layout, context, f"{sentence}.", "INFO")
        _draw_face(layout, asked, not refused["face"])
        for names in GROUPS:
            column = layout.column(align=True)
            column.use_property_split, column.use_property_decorate = True, False
            for name in names:
                row = column.row()
                row.enabled = not refused[name]
                row.prop(asked, name, slider=name.endswith("guidance"))
        row = layout.row(align=True)
        row.operator("mien.hold_keys", icon="KEYFRAME_HLT")
        row.operator("mien.release_keys", text="", icon="X")
        if line is not None and line.held:
            sentences.draw(layout, context, f"{told(line, context.scene)}.")


def _draw_face(layout, asked, followed: bool) -> None:
    row = layout.row(align=True)
    row.operator("mien.match_face", icon="USER")
    row.operator("mien.forget_face", text="", icon="X")
    if not len(asked.face):
        return
    column = layout.column()
    column.enabled = followed
    column.template_list("MIEN_UL_face", "", asked, "face", asked, "active_channel", rows=4)
    level = column.column()
    level.use_property_split, level.use_property_decorate = True, True
    level.prop(asked, "face_level", slider=True)


CLASSES = (MIEN_UL_face, MIEN_PT_closer)
