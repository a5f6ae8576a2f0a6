# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel of options that only some engines support; those that the chosen one does not are greyed out."""

import bpy

from ..connection import engines
from ..generation.runner import runner
from ..scene import lines
from ..scene.direction import face_of, performance_of
from ..scene.speakers import speaker_of
from . import text
from .engine_options_operators import held_summary
from .panel_base import SpeakerPanel

SECONDS, GUIDANCE = ("onset", "offset"), ("sound_guidance", "emotion_guidance")
FIELDS = ("face", *SECONDS, *GUIDANCE, "held")  # of this panel


class MIEN_PT_engine_options(SpeakerPanel, bpy.types.Panel):
    bl_label = "Advanced Direction"
    bl_idname = "MIEN_PT_closer"

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        line = lines.active(speaker)
        performance = performance_of(speaker, line)
        info, engine = runner.state.info, performance.engine
        refused = {field: engines.refusal(info, engine, field) for field in FIELDS}
        if all(refused.values()):
            all_refused = engines.refusal(info, engine, "face", "any of this")
            text.draw(layout, context, f"{all_refused}.", "INFO")
        else:
            for sentence in dict.fromkeys(filter(None, refused.values())):
                text.draw(layout, context, f"{sentence}.", "INFO")
        _draw_face(layout, performance, not refused["face"])
        for names in (SECONDS, GUIDANCE):
            column = layout.column(align=True)
            for name in names:
                row = column.row(align=True)
                row.enabled = not refused[name]
                row.prop(performance, name, slider=names == GUIDANCE)
        row = layout.row(align=True)
        row.operator("mien.hold_keys", icon="KEYFRAME_HLT")
        row.operator("mien.release_keys", text="", icon="X")
        if line is not None and line.held:
            text.draw(layout, context, f"{held_summary(line, context.scene)}.")


def _draw_face(layout, performance, enabled: bool) -> None:
    row = layout.row(align=True)
    row.operator("mien.match_face", icon="USER")
    row.operator("mien.forget_face", text="", icon="X")
    face = face_of(performance)
    if not face:
        return
    column = layout.column()
    column.enabled = enabled
    level = column.column()
    level.use_property_split, level.use_property_decorate = True, True
    level.prop(performance, "face_level", slider=True)
    channels = column.column(align=True)
    for name in face:
        channels.prop(performance.face, name, slider=True)


CLASSES = (MIEN_PT_engine_options,)
