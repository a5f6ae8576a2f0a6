# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of engine options: match a face, hold keys."""

import bpy

from ..connection import engines
from ..formats.held_keys import HeldKeys
from ..generation.runner import runner
from ..scene import held_keys, lines, matched_face, sound
from ..scene.direction import face_of, performance_of
from ..scene.frame_sampling import evaluate_again
from ..scene.speakers import speaker_of
from ..shape_keys.recognition import short_list
from .disabled_reason import DisabledReason
from .line_operators import editable


def _refusal(context: bpy.types.Context, field: str) -> str:
    """Why a field that only some engines support cannot be set now, without a full stop; '' when it can."""
    if editable(context):
        return editable(context)
    speaker = speaker_of(context)
    return engines.refusal(runner.state.info, performance_of(speaker, lines.active(speaker)).engine, field)


class MIEN_OT_match_face(DisabledReason, bpy.types.Operator):
    """Let the speaker have the face that you see now, as its shape keys stand, while speaking. Set the keys to the pose
    first, on a frame where no take plays, or you match that as well"""

    bl_idname = "mien.match_face"
    bl_label = "Match This Face"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return _refusal(context, "face")

    def execute(self, context):
        speaker = speaker_of(context)
        face = matched_face.current_face(speaker)
        if not face:
            self.report({"ERROR"}, f"'{speaker.name}' is at rest: set its shape keys to the pose first.")
            return {"CANCELLED"}
        matched_face.set_face(performance_of(speaker, lines.active(speaker)), face)
        self.report({"INFO"}, f"The face has {short_list(tuple(face))}.")
        return {"FINISHED"}


class MIEN_OT_forget_face(DisabledReason, bpy.types.Operator):
    """Have no matched face beside the emotions"""

    bl_idname = "mien.forget_face"
    bl_label = "Forget Matched Face"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if editable(context):
            return editable(context)
        speaker = speaker_of(context)
        return "" if face_of(performance_of(speaker, lines.active(speaker))) else "No face is matched"

    def execute(self, context):
        speaker = speaker_of(context)
        matched_face.set_face(performance_of(speaker, lines.active(speaker)), {})
        return {"FINISHED"}


class MIEN_OT_hold_keys(DisabledReason, bpy.types.Operator):
    """Let takes have what you keyed on the face and of the head, in an action of your own or as corrections, from the
    first key of a curve to its last, and go their own way around it. Your curves are muted meanwhile. A preview range
    limits it"""

    bl_idname = "mien.hold_keys"
    bl_label = "Hold My Keys"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        return _refusal(context, "held") or held_keys.refusal(speaker, lines.active(speaker))

    def execute(self, context):
        speaker, scene = speaker_of(context), context.scene
        line = lines.active(speaker)
        try:
            beyond = held_keys.hold(speaker, line, scene)
        except held_keys.HoldError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _show(scene)
        self.report({"INFO"}, f"{held_summary(line, scene)}. Generate or make a take anew to see it.")
        if beyond:
            note = f"These have keys beyond that, which are muted as well: {short_list(beyond)}."
            self.report({"WARNING"}, f"{note} Corrections are each line's own.")
        return {"FINISHED"}


class MIEN_OT_release_keys(DisabledReason, bpy.types.Operator):
    """Hold the keys no longer: they are your own curves again, above the take"""

    bl_idname = "mien.release_keys"
    bl_label = "Release Keys"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if editable(context):
            return editable(context)
        line = lines.active(speaker_of(context))
        return "" if line is not None and line.held else "No keys are held"

    def execute(self, context):
        speaker = speaker_of(context)
        held_keys.release(speaker, lines.active(speaker))
        _show(context.scene)
        return {"FINISHED"}


def held_summary(line, scene: bpy.types.Scene) -> str:
    """The frames and channels of a line's held keys, without a full stop."""
    held, fps = HeldKeys.from_text(line.held), float(sound.line_fps(line, scene))
    first, last = (line.start_frame + second * fps for second in held.span)
    return f"Held from frame {first:g} to {last:g}: {short_list(tuple(held.curves))}"


def _show(scene: bpy.types.Scene) -> None:
    evaluate_again(scene)


CLASSES = (MIEN_OT_match_face, MIEN_OT_forget_face, MIEN_OT_hold_keys, MIEN_OT_release_keys)
