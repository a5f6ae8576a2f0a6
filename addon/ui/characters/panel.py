# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel of a character: set up, checked, and what moves its mouth and eyes."""

import bpy

from ...scene.characters import check, face_rig, learning
from ...scene.speakers import speaker_of
from ...shape_keys import driving
from .. import text
from ..panel_base import SpeakerPanel
from .learn_operators import LearningShown


class MIEN_PT_character(SpeakerPanel, bpy.types.Panel):
    bl_label = "Character"
    bl_order = 0

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        mapping = speaker.mien_driving
        layout.operator("mien.set_up_character", icon="COMMUNITY")
        row = layout.row(align=True)
        row.operator("mien.check_character", icon="VIEWZOOM")
        if check.is_there(speaker):
            row.operator("mien.remove_check", text="", icon="TRASH")
        shown = LearningShown.progress
        if shown is not None:
            layout.progress(factor=shown.share, text=f"{shown.stage} (Esc: stop)")
        elif mapping.control_map or learning.driven_keys(speaker) or face_rig.is_face_of_bones(speaker):
            row = layout.row(align=True)
            row.operator("mien.learn_controls", icon="DRIVER")
            if mapping.control_map:
                row.operator("mien.forget_controls", text="", icon="X")
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(mapping, "mouth")
        column.prop(mapping, "gaze")
        if mapping.mouth == "AUTO" and driving.mouth_of(speaker) != "AUTO":
            text.draw(layout, context, f"The mouth is moved by {driving.mouth_of(speaker).lower()}.", "INFO")
        if mapping.gaze == "OBJECTS" or mapping.eye_left_object or mapping.eye_right_object:
            column.prop(mapping, "eye_left_object")
            column.prop(mapping, "eye_right_object")
        column.prop(mapping, "eye_left_gain")
        column.prop(mapping, "eye_right_gain")
        if mapping.found:
            text.draw(layout, context, mapping.found, "ERROR" if "Nothing moves" in mapping.found else "INFO")


CLASSES = (MIEN_PT_character,)
