# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels of a line, its curves, and the further meshes that speak with the face."""

import bpy

from ..animation import corrections, takes
from ..scene import lines, strip_sync
from ..scene.speakers import speaker_of
from . import text
from .panel_base import SpeakerPanel
from .timeline.recorded_take import draw_recorded


class MIEN_PT_line(SpeakerPanel, bpy.types.Panel):
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
        editor = strip_sync.sequencer_scene(context).sequence_editor
        if editor is not None:
            layout.prop_search(line, "strip", editor, "strips" if hasattr(editor, "strips") else "sequences")
        layout.prop(speaker.mien, "place_sound")
        layout.prop(line, "transcript")
        draw_recorded(layout, speaker, line)
        layout.prop(line, "own")
        take = takes.active(line)
        if take is not None:
            layout.prop(take, "note", text="Take's Note")
            if take.said:
                text.draw(layout, context, take.said, "INFO")
        layout.operator("mien.delete_line", icon="REMOVE")


class MIEN_PT_curves(SpeakerPanel, bpy.types.Panel):
    bl_label = "Curves"
    bl_order = 1  # below the performance settings

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        correcting = corrections.in_progress(speaker)
        row = layout.row(align=True)
        if correcting:
            row.operator("mien.done_correcting", icon="CHECKMARK")
        else:
            row.operator("mien.correct", icon="FCURVE")
        row.operator("mien.clear_corrections", text="", icon="TRASH")
        row = layout.row(align=True)
        row.operator("mien.thin", icon="IPO_LINEAR").curve = "LINEAR"
        row.operator("mien.thin", text="To Bezier", icon="IPO_BEZIER").curve = "BEZIER"
        layout.operator("mien.back_to_takes" if speaker.mien.baked else "mien.bake_down", icon="ACTION")
        layout.separator()
        file = layout.row()
        file.operator_context = "INVOKE_DEFAULT"
        file.operator("mien.apply_take", icon="FILE")


class MIEN_PT_parts(SpeakerPanel, bpy.types.Panel):
    bl_label = "Additional Meshes"
    bl_order = 1

    def draw(self, context):
        layout, settings = self.layout, speaker_of(context).mien
        for part in settings.parts:
            layout.prop(part, "mesh", text="")
        row = layout.row(align=True)
        row.operator("mien.add_parts", icon="ADD")
        row.operator("mien.remove_part", text="", icon="REMOVE")


CLASSES = (MIEN_PT_line, MIEN_PT_curves, MIEN_PT_parts)
