# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and phones of a line on the timeline: shown as markers, followed when they were dragged or retyped."""

import bpy
from bpy.props import EnumProperty

from ...animation import fcurves, takes
from ...generation import requests
from ...scene import lines
from ...scene.frame_sampling import evaluate_again
from ...scene.sound import SoundError
from ...scene.speakers import speaker_of
from ...scene.timeline import words
from ..disabled_reason import DisabledReason
from ..generate_operators import RequestOperator, refusal
from ..line_operators import editable
from ..panel_base import SpeakerPanel


def _line(context):
    speaker = speaker_of(context)
    return lines.active(speaker) if speaker is not None else None


def _without_take(context) -> str:
    """Why there is no take whose words could be shown, without a full stop; '' when there is one."""
    reason = editable(context)
    if reason:
        return reason
    line = _line(context)
    return "" if line is not None and takes.active(line) is not None else "There is no take yet; press Generate"


class MIEN_OT_show_words(DisabledReason, bpy.types.Operator):
    """Place a marker on the timeline where each word of the line begins, or each phone. Drag markers to retime the
    mouth there, rename words to correct them"""

    bl_idname = "mien.show_words"
    bl_label = "Show Words"
    bl_options = {"REGISTER", "UNDO"}
    kind: EnumProperty(
        name="Kind",
        items=[
            ("words", "Words", "The words of the transcript"),
            ("phones", "Phones", "The sounds that are heard, in ARPAbet's letters"),
        ],
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        return _without_take(context)

    def execute(self, context):
        line = _line(context)
        number = words.show(context.scene, speaker_of(context), line, self.kind)
        if number:
            self.report({"INFO"}, f"{number} {self.kind} are on the timeline.")
            return {"FINISHED"}
        need = "write the line's Transcript and generate it again" if self.kind == "words" else "generate it again"
        self.report({"WARNING"}, f"The take does not say when its {self.kind} are said: {need}.")
        return {"FINISHED"}


class MIEN_OT_hide_words(DisabledReason, bpy.types.Operator):
    """Remove the line's markers from the timeline; what followed them stays"""

    bl_idname = "mien.hide_words"
    bl_label = "Hide Words"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = editable(context)
        line = _line(context)
        return reason or ("" if line is not None and line.words else "No words are shown")

    def execute(self, context):
        words.hide(_line(context))
        return {"FINISHED"}


class MIEN_OT_retime_words(DisabledReason, bpy.types.Operator):
    """Let the mouth of the take follow the markers that were dragged, between their neighbours; all else stays"""

    bl_idname = "mien.retime_words"
    bl_label = "Follow Dragged Words"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = _without_take(context)
        if not reason and not _line(context).words:
            reason = "Show the words first"
        return reason or ("" if words.changes(_line(context)).moved else "Drag a word's marker on the timeline first")

    def execute(self, context):
        try:
            number = words.retime(speaker_of(context), _line(context))
        except (words.WordError, fcurves.CurveError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        evaluate_again(context.scene)
        self.report({"INFO"}, f"The mouth follows {number} {'marker' if number == 1 else 'markers'}.")
        return {"FINISHED"}


class MIEN_OT_correct_words(RequestOperator, bpy.types.Operator):
    """Make the words that were retyped anew, and put the mouth of these alone into the take"""

    bl_idname = "mien.correct_words"
    bl_label = "Correct Retyped Words"
    refusals = (SoundError, words.WordError)

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = _without_take(context) or refusal(context)
        if reason:
            return reason
        line = _line(context)
        if not line.words:
            return "Show the words first"
        found = words.changes(line)
        if found.moved:
            return "Press Follow Dragged Words first"
        return "" if found.retyped else "Rename a word's marker on the timeline first"

    def make_requests(self, context) -> tuple:
        speaker, line = speaker_of(context), _line(context)
        requests.prepare(speaker, line)
        return requests.of_corrected_words(context, context.scene, speaker, line)


class MIEN_PT_words(SpeakerPanel, bpy.types.Panel):
    bl_label = "Words"

    def draw(self, context):
        layout, line = self.layout, _line(context)
        row = layout.row(align=True)
        row.operator("mien.show_words", text="Show Words", icon="MARKER").kind = "words"
        row.operator("mien.show_words", text="Show Phones").kind = "phones"
        row.operator("mien.hide_words", text="", icon="TRASH")
        column = layout.column(align=True)
        column.operator("mien.retime_words", icon="ARROW_LEFTRIGHT")
        row = column.row(align=True)
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mien.correct_words", icon="SORTALPHA")
        if line is not None and line.words:
            found = words.changes(line)
            gone = sum(marker is None for marker in found.present)
            said = f"{len(found.moved)} dragged, {len(found.retyped)} retyped"
            layout.label(text=said + (f", {gone} deleted" if gone else ""))


CLASSES = (MIEN_OT_show_words, MIEN_OT_hide_words, MIEN_OT_retime_words, MIEN_OT_correct_words, MIEN_PT_words)
