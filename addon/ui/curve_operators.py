# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators on curves: correct, bake down, back to takes, reduce keys."""

import bpy
from bpy.props import EnumProperty, FloatProperty

from ..animation import baking, corrections, fcurves, reduce_keys, takes
from ..scene import lines, speakers
from ..scene.frame_sampling import evaluate_again
from ..scene.speakers import speaker_of
from .disabled_reason import DisabledReason

RUNNING = "Cancel the takes first, or wait for them"


def _line_refusal(context) -> str:
    """Why the curves of the line cannot be edited, without a full stop; '' when they can."""
    speaker = speaker_of(context)
    if speaker is None:
        return speakers.NOBODY
    if speaker.library is not None:
        return f"'{speaker.name}' is linked from another file: make it local or a library override first"
    line = lines.active(speaker)
    return "There is no take yet; press Generate" if line is None or takes.active(line) is None else ""


class _CurvesOperator(DisabledReason):
    """An operator that calls `apply` and reports CurveError."""

    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        try:
            note = self.apply(speaker_of(context))
        except fcurves.CurveError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        evaluate_again(context.scene)
        if note:
            self.report({"INFO"}, note)
        return {"FINISHED"}


class MIEN_OT_correct(_CurvesOperator, bpy.types.Operator):
    """Key corrections that add to the take: set a shape key or turn the head, press I over it. They stay when
    takes are made anew, chosen or moved"""

    bl_idname = "mien.correct"
    bl_label = "Correct"

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = _line_refusal(context)
        if reason:
            return reason
        speaker = speaker_of(context)
        if speaker.mien.baked:
            return "The takes are baked down; correct that action, or press Back to Takes first"
        return "Corrections are being made; press Done Correcting" if corrections.in_progress(speaker) else ""

    def apply(self, speaker) -> str:
        corrections.begin(speaker, lines.active(speaker))
        return "Set a value and press I over it; then Done Correcting."


class MIEN_OT_done_correcting(_CurvesOperator, bpy.types.Operator):
    """Leave the layer of corrections; it goes on adding to the take"""

    bl_idname = "mien.done_correcting"
    bl_label = "Done Correcting"

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        if speaker is None:
            return speakers.NOBODY
        return "" if corrections.in_progress(speaker) else "No corrections are being made"

    def apply(self, speaker) -> str:
        corrections.end(speaker)
        return ""


class MIEN_OT_clear_corrections(_CurvesOperator, bpy.types.Operator):
    """Delete all corrections of the line"""

    bl_idname = "mien.clear_corrections"
    bl_label = "Delete Corrections"

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = _line_refusal(context)
        if reason:
            return reason
        speaker = speaker_of(context)
        if corrections.in_progress(speaker):
            return "Press Done Correcting first"
        return "" if corrections.correction_layers(speaker, lines.active(speaker)) else "The line has no corrections"

    def apply(self, speaker) -> str:
        corrections.clear(speaker, lines.active(speaker))
        return ""


class MIEN_OT_bake_down(_CurvesOperator, bpy.types.Operator):
    """Make one action of the takes that are seen and their corrections, for all lines of this speaker. Takes and
    corrections are kept, muted"""

    bl_idname = "mien.bake_down"
    bl_label = "Bake Down"

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = _line_refusal(context)
        if reason:
            return reason
        speaker = speaker_of(context)
        if context.window_manager.mien_run.running:
            return RUNNING
        if corrections.in_progress(speaker):
            return "Press Done Correcting first"
        return "The takes are baked down already" if speaker.mien.baked else ""

    def apply(self, speaker) -> str:
        count = baking.bake(speaker)
        return f"Takes and corrections of '{speaker.name}' are one action for each datablock, {count} curves in all."


class MIEN_OT_back_to_takes(_CurvesOperator, bpy.types.Operator):
    """Show takes and corrections again in place of what was baked down; that action is kept"""

    bl_idname = "mien.back_to_takes"
    bl_label = "Back to Takes"

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        if speaker is None:
            return speakers.NOBODY
        return "" if speaker.mien.baked else "Nothing was baked down"

    def apply(self, speaker) -> str:
        names = ", ".join(f"'{name}'" for name in baking.unbake(speaker))
        return f"The baked actions are kept as {names}." if names else ""


class MIEN_OT_thin(_CurvesOperator, bpy.types.Operator):
    """Leave only the keys that the curves need to stay within an error: few enough to edit by hand. Where lips or
    lids meet, all stay"""

    bl_idname = "mien.thin"
    bl_label = "Decimate Keys"

    error: FloatProperty(
        name="Error",
        description="How far a value may be off, of a slider from 0 to 1 (for the head, in radians)",
        default=0.005,
        min=0.0,
        max=0.5,
        precision=4,
        step=0.1,
    )
    curve: EnumProperty(
        name="Curve",
        description="What lies between the keys that stay",
        items=[
            ("LINEAR", "Lines", "Straight lines: what a take has"),
            ("BEZIER", "Bezier", "Curves with handles to pull: fewer keys"),
        ],
        default="LINEAR",
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        return _line_refusal(context) or (RUNNING if context.window_manager.mien_run.running else "")

    def apply(self, speaker) -> str:
        result = reduce_keys.reduce_keys(speaker, lines.active(speaker), self.error, self.curve == "BEZIER")
        left = f" {result.skipped} curves that were edited by hand were left." if result.skipped else ""
        return f"{result.after:,} keys in place of {result.before:,}, nowhere more than {result.error:.4f} off.{left}"


CLASSES = (
    MIEN_OT_correct,
    MIEN_OT_done_correcting,
    MIEN_OT_clear_corrections,
    MIEN_OT_bake_down,
    MIEN_OT_back_to_takes,
    MIEN_OT_thin,
)
