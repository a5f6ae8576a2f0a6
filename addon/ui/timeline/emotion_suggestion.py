# SPDX-License-Identifier: GPL-3.0-or-later
"""An emotion suggested from the voice: asked for, shown with its doubt, accepted as keys or put away."""

import bpy
from bpy.props import BoolProperty

from ...animation import fcurves
from ...generation.emotion_suggestions import suggestions
from ...generation.runner import runner
from ...scene import lines, speakers
from ...scene.sound import SoundError
from ...scene.speakers import speaker_of
from ...scene.timeline import suggested_emotion
from ...scene.timeline.suggested_emotion import Suggestion, SuggestionError
from .. import text
from ..backend_panel import address_refusal
from ..disabled_reason import DisabledReason
from ..line_operators import editable


def _line(context):
    speaker = speaker_of(context)
    return lines.active(speaker) if speaker is not None else None


def _found(context) -> Suggestion | str | None:
    line = _line(context)
    return suggestions.of(speaker_of(context), line) if line is not None else None


class MIEN_OT_suggest_emotion(DisabledReason, bpy.types.Operator):
    """Listen to the line's voice and suggest how strongly it feels, phrase by phrase, and with doubt what. Nothing is
    keyed before it is accepted"""

    bl_idname = "mien.suggest_emotion"
    bl_label = "Suggest from Voice"
    bl_options = {"REGISTER"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        reason = speakers.refusal(speaker) or editable(context) or lines.refusal(lines.active(speaker))
        if reason:
            return reason
        if runner.working_in_background:  # one thread at a time
            return f"'{suggestions.busy}' is being listened to; wait for it" if suggestions.busy else "Wait a moment"
        return address_refusal(context)

    def invoke(self, context, event):
        return self._ask(context, suggestions.begin)

    def execute(self, context):
        """Ask before returning, for scripts and Blender without a window."""
        return self._ask(context, suggestions.run)

    def _ask(self, context, ask) -> set[str]:
        try:
            error = ask(context, context.scene, speaker_of(context), _line(context))
        except SoundError as refusal:
            error = str(refusal)
        if error:
            self.report({"ERROR"}, error)
            return {"CANCELLED"}
        return {"FINISHED"}


class MIEN_OT_accept_suggestion(DisabledReason, bpy.types.Operator):
    """Key the line's intensity as its voice suggests, in place of its keys within the line"""

    bl_idname = "mien.accept_suggestion"
    bl_label = "Accept Suggested Emotion"
    bl_options = {"REGISTER", "UNDO"}

    with_emotions: BoolProperty(
        name="With Emotions",
        description="Key the suggested emotions, too, which are a weak guess, in place of those that are set",
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = editable(context)
        return reason or ("" if isinstance(_found(context), Suggestion) else "Press Suggest from Voice first")

    @classmethod
    def description(cls, context, properties) -> str:
        if properties.with_emotions:
            return "Key the intensity and the emotions that the voice suggests; which emotion is a weak guess"
        return cls.__doc__ or ""

    def execute(self, context):
        found = _found(context)
        if not isinstance(found, Suggestion):  # the button was pressed in the moment in which it was put away
            return {"CANCELLED"}
        try:
            said = suggested_emotion.accept(
                context.scene, speaker_of(context), _line(context), found, self.with_emotions
            )
        except (SuggestionError, fcurves.CurveError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, said)
        return {"FINISHED"}


class MIEN_OT_drop_suggestion(DisabledReason, bpy.types.Operator):
    """Put this suggestion away; what was accepted of it stays"""

    bl_idname = "mien.drop_suggestion"
    bl_label = "Drop Suggested Emotion"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if _found(context) is not None else "Nothing is suggested"

    def execute(self, context):
        suggestions.drop(speaker_of(context), _line(context))
        return {"FINISHED"}


def in_words(found: Suggestion) -> str:
    """What is suggested, for the panel."""
    least, most = found.range
    return f"Intensity {least:.2f} to {most:.2f}"


def draw(layout, context) -> None:
    """The button, and the suggestion with its doubt once it is there."""
    row = layout.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    analysing = bool(suggestions.busy) and runner.working_in_background
    row.operator("mien.suggest_emotion", text="Analysing ..." if analysing else "Suggest from Voice", icon="RNA")
    found = _found(context)
    if found is None:
        return
    box = layout.box()
    row = box.row()
    if isinstance(found, str):
        text.draw(row, context, found, "ERROR", margin=130)
        row.operator("mien.drop_suggestion", text="", icon="X", emboss=False)
        return
    text.draw(row, context, in_words(found), "RNA", margin=130)
    row.operator("mien.drop_suggestion", text="", icon="X", emboss=False)
    text.draw(box, context, " ".join(found.doubts), "QUESTION")
    row = box.row(align=True)
    row.operator("mien.accept_suggestion", text="Key Intensity", icon="KEY_HLT").with_emotions = False
    if found.emotions:
        row.operator("mien.accept_suggestion", text="and Emotions").with_emotions = True


CLASSES = (MIEN_OT_suggest_emotion, MIEN_OT_accept_suggestion, MIEN_OT_drop_suggestion)
