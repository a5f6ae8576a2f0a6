# SPDX-License-Identifier: GPL-3.0-or-later
"""The landmarks of a line: operators that add empties or Grease Pencil strokes, and their panel."""

import bpy
from bpy.props import BoolProperty

from ..animation import takes
from ..formats.head_file import HeadError
from ..landmarks import empties, objects, strokes
from ..landmarks.correspondence import LandmarksMissing
from ..landmarks.samples import frames_of, sampled
from ..scene import lines, speakers
from ..scene.library import linked
from ..scene.speakers import speaker_of
from .disabled_reason import DisabledReason
from .panel_base import SpeakerPanel

RUNNING = "Cancel the takes first, or wait for them"


def _refusal(context) -> str:
    """Why the active line has no landmarks to add, without a full stop; '' when it has."""
    if context.mode != "OBJECT":
        return "Go to Object Mode first"
    speaker = speaker_of(context)
    if speaker is None:
        return speakers.NOBODY
    if linked.refusal(speaker):
        return linked.refusal(speaker)
    line = lines.active(speaker)
    if line is None or takes.active(line) is None:
        return "There is no take yet; press Generate"
    return RUNNING if context.window_manager.mien_run.running else ""


class _AddLandmarks(DisabledReason):
    """An operator that samples the landmarks of the active take and calls `put`."""

    bl_options = {"REGISTER", "UNDO"}

    still: BoolProperty(
        name="Leave Head Motion Out",
        description="Only what the face does: nose and corners of the eyes stay where they are at rest",
        default=False,
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        return _refusal(context)

    def execute(self, context):
        speaker = speaker_of(context)
        line = lines.active(speaker)
        try:
            samples = sampled(context.scene, speaker, frames_of(speaker, line), self.still)
        except (LandmarksMissing, HeadError) as error:
            sentence = str(error)
            self.report({"ERROR"}, sentence[:1].upper() + sentence[1:])
            return {"CANCELLED"}
        made = self.put(speaker, line, samples)
        frames = samples.frames
        self.report({"INFO"}, f"'{made.name}' follows the take from frame {frames[0]} to {frames[-1]}.")
        return {"FINISHED"}


class MIEN_OT_landmark_empties(_AddLandmarks, bpy.types.Operator):
    """Add 68 empties that follow the face in the active take, keyed in every frame, as children of one empty. Those
    added earlier for this line are replaced"""

    bl_idname = "mien.landmark_empties"
    bl_label = "Landmarks as Empties"

    def put(self, speaker, line, samples):
        return empties.put(speaker, line, samples)


class MIEN_OT_landmark_strokes(_AddLandmarks, bpy.types.Operator):
    """Add a Grease Pencil object whose strokes follow the face in the active take, with a drawing for every frame.
    That added earlier for this line is replaced"""

    bl_idname = "mien.landmark_strokes"
    bl_label = "Landmarks as Grease Pencil"

    flat: BoolProperty(
        name="Flat", description="All strokes in one plane before the face, for drawings in 2D", default=False
    )

    def put(self, speaker, line, samples):
        return strokes.put(speaker, line, samples, self.flat)


class MIEN_OT_remove_landmarks(DisabledReason, bpy.types.Operator):
    """Remove the empties and the strokes of this line's landmarks"""

    bl_idname = "mien.remove_landmarks"
    bl_label = "Remove Landmarks"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        if speaker is None:
            return speakers.NOBODY
        line = lines.active(speaker)
        return "" if line is not None and objects.of_line(speaker, line) else "The line has no landmarks"

    def execute(self, context):
        speaker = speaker_of(context)
        objects.remove(speaker, lines.active(speaker))
        return {"FINISHED"}


class MIEN_PT_landmarks(SpeakerPanel, bpy.types.Panel):
    bl_label = "Landmarks"
    bl_order = 1

    def draw(self, context):
        layout = self.layout
        layout.operator("mien.landmark_empties", icon="EMPTY_AXIS")
        row = layout.row(align=True)
        row.operator("mien.landmark_strokes", icon="OUTLINER_OB_GREASEPENCIL")
        row.operator("mien.remove_landmarks", text="", icon="TRASH")


CLASSES = (MIEN_OT_landmark_empties, MIEN_OT_landmark_strokes, MIEN_OT_remove_landmarks, MIEN_PT_landmarks)
