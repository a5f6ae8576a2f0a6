# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of lines, further meshes and takes: add and delete."""

import bpy

from ..animation import fcurves, takes
from ..scene import lines, sound, speakers, strip_sync
from ..scene.frame_sampling import evaluate_again
from ..scene.speakers import speaker_of
from .disabled_reason import DisabledReason


def _busy(context) -> str:
    """Why lines and takes cannot be deleted now."""
    return "Cancel the takes first" if context.window_manager.mien_run.running else ""


def editable(context: bpy.types.Context) -> str:
    """Why the speaker cannot be changed, without a full stop; '' when it can."""
    speaker = speaker_of(context)
    if speaker is None:
        return speakers.NOBODY
    if speaker.library is not None:
        return f"'{speaker.name}' is linked from another file: make it local or a library override first"
    return ""


class MIEN_OT_new_line(DisabledReason, bpy.types.Operator):
    """Add a line: another sound of this speaker, at the current frame"""

    bl_idname = "mien.new_line"
    bl_label = "Add Line"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return editable(context)

    def execute(self, context):
        lines.add(speaker_of(context), start_frame=context.scene.frame_current)
        return {"FINISHED"}


class MIEN_OT_lines_from_strips(DisabledReason, bpy.types.Operator):
    """Add a line for each selected sound strip of the sequencer that is none yet; moving a strip moves its takes"""

    bl_idname = "mien.lines_from_strips"
    bl_label = "Add Lines from Selected Strips"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if editable(context):
            return editable(context)
        return "" if _chosen_strips(context) else "Select sound strips in the sequencer first"

    def execute(self, context):
        speaker, scene = speaker_of(context), strip_sync.sequencer_scene(context)
        known = {strip.name for line in speaker.mien.lines if (strip := strip_sync.strip_of(line)) is not None}
        added = 0
        for name, path in [(strip.name, strip.sound.filepath) for strip in _chosen_strips(context)]:
            if name not in known:
                strip_sync.attach_strip(lines.add(speaker, path), scene, name)
                added += 1
        self.report({"INFO"}, f"{added} lines were added." if added != 1 else "A line was added.")
        return {"FINISHED"}


def _chosen_strips(context) -> list:
    strips = sound.strips_of(strip_sync.sequencer_scene(context), make=False) or ()
    chosen = [strip for strip in strips if strip.type == "SOUND" and strip.select and strip.sound is not None]
    return sorted(chosen, key=lambda strip: sound.span_of(strip)[0])


class MIEN_OT_delete_line(DisabledReason, bpy.types.Operator):
    """Delete the line with its takes and corrections; its sound stays in the sequencer"""

    bl_idname = "mien.delete_line"
    bl_label = "Delete Line"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = editable(context) or _busy(context)
        return reason or ("" if lines.active(speaker_of(context)) is not None else "There is no line")

    def execute(self, context):
        speaker = speaker_of(context)
        try:
            lines.remove(speaker, lines.active(speaker))
        except fcurves.CurveError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class MIEN_OT_delete_take(DisabledReason, bpy.types.Operator):
    """Delete the take with its tracks and actions"""

    bl_idname = "mien.delete_take"
    bl_label = "Delete Take"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = editable(context) or _busy(context)
        if reason:
            return reason
        line = lines.active(speaker_of(context))
        return "" if line is not None and takes.active(line) is not None else "There is no take"

    def execute(self, context):
        line = lines.active(speaker_of(context))
        try:
            takes.delete(line, takes.active(line).uid)
        except fcurves.CurveError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        evaluate_again(context.scene)
        return {"FINISHED"}


class MIEN_OT_add_parts(DisabledReason, bpy.types.Operator):
    """Let the other selected meshes speak with this one: teeth, tongue, brows, lashes"""

    bl_idname = "mien.add_parts"
    bl_label = "Add Selected Meshes"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return editable(context) or ("" if _other_meshes(context) else "Select further meshes, the face last")

    def execute(self, context):
        speaker = speaker_of(context)
        for obj in _other_meshes(context):
            speaker.mien.parts.add().mesh = obj  # which names it
        return {"FINISHED"}


def _other_meshes(context) -> list[bpy.types.Object]:
    speaker = speaker_of(context)
    known = {speaker, *(part.mesh for part in speaker.mien.parts)}
    return [obj for obj in context.selected_objects if obj.type == "MESH" and obj not in known]


class MIEN_OT_remove_part(DisabledReason, bpy.types.Operator):
    """Let this mesh no longer speak with the face; what it was given before stays on it"""

    bl_idname = "mien.remove_part"
    bl_label = "Remove Mesh"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return editable(context) or ("" if len(speaker_of(context).mien.parts) else "There are no further meshes")

    def execute(self, context):
        settings = speaker_of(context).mien
        settings.parts.remove(min(settings.active_part, len(settings.parts) - 1))
        settings.active_part = max(0, settings.active_part - 1)
        return {"FINISHED"}


CLASSES = (
    MIEN_OT_new_line,
    MIEN_OT_lines_from_strips,
    MIEN_OT_delete_line,
    MIEN_OT_delete_take,
    MIEN_OT_add_parts,
    MIEN_OT_remove_part,
)
