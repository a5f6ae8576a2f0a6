# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of characters: set one up with one click, play the character check, take it away."""

import bpy
from bpy.props import BoolProperty

from ...animation import fcurves
from ...scene import speakers
from ...scene.apply import ApplyError
from ...scene.characters import check, set_up
from ...scene.frame_sampling import evaluate_again
from ...scene.speakers import speaker_of
from ..disabled_reason import DisabledReason
from ..line_operators import editable
from . import learn_operators


class MIEN_OT_set_up_character(DisabledReason, bpy.types.Operator):
    """Find what belongs to this face and let it speak: the armature with jaw, eyes and head, further meshes like teeth
    and lashes, eyes that are objects. What was chosen before stays"""

    bl_idname = "mien.set_up_character"
    bl_label = "Set Up Character"
    bl_options = {"REGISTER", "UNDO"}

    further_meshes: BoolProperty(
        name="Additional Meshes",
        description="Let teeth, tongue, brows and lashes with shape keys speak, too",
        default=True,
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        if editable(context):
            return editable(context)
        return "" if context.mode == "OBJECT" else "Go to Object Mode first"

    def execute(self, context):
        speaker = speaker_of(context)
        said = set_up.set_up(context.scene, speaker, self.further_meshes)
        speaker.mien_driving.found = said
        self.report({"INFO"}, said)
        return {"FINISHED"}


class MIEN_OT_check_character(DisabledReason, bpy.types.Operator):
    """Play a row of poses on the rig, with a marker for each: rest, aa, oo, p, smile, blink, brows. It says what moves
    nothing"""

    bl_idname = "mien.check_character"
    bl_label = "Character Check"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        if context.window_manager.mien_run.running:
            return "Cancel the takes first"
        speaker = speaker_of(context)
        if speaker is not None and speaker.mien.baked:
            return speakers.BAKED
        return editable(context)

    def execute(self, context):
        speaker = speaker_of(context)
        try:
            checked = check.play(context.scene, speaker)
        except (ApplyError, fcurves.CurveError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        speaker.mien_driving.found = checked.sentence
        self.report({"WARNING"} if checked.missing else {"INFO"}, checked.sentence)
        return {"FINISHED"}


class MIEN_OT_remove_check(DisabledReason, bpy.types.Operator):
    """Take the poses of the character check and their markers away"""

    bl_idname = "mien.remove_check"
    bl_label = "Remove Check"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return editable(context) or ("" if check.is_there(speaker_of(context)) else "There is no character check")

    def execute(self, context):
        try:
            check.remove(context.scene, speaker_of(context))
            speaker_of(context).mien_driving.found = ""
        except fcurves.CurveError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        evaluate_again(context.scene)
        return {"FINISHED"}


CLASSES = (
    *learn_operators.CLASSES,
    MIEN_OT_set_up_character,
    MIEN_OT_check_character,
    MIEN_OT_remove_check,
)
