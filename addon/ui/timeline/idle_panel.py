# SPDX-License-Identifier: GPL-3.0-or-later
"""The idle's panel and operators: make it, show it or not, remove it."""

import bpy

from ...animation import fcurves, nla_layers, takes
from ...generation import idle_requests
from ...generation.requests import head_of
from ...scene.frame_sampling import evaluate_again
from ...scene.speakers import speaker_of
from ...scene.timeline import idle
from ..backend_panel import address_refusal
from ..disabled_reason import DisabledReason
from ..generate_operators import RequestOperator, speaker_refusal
from ..line_operators import editable
from ..panel_base import SpeakerPanel


class MIEN_OT_make_idle(RequestOperator, bpy.types.Operator):
    """Let the speaker live before, between and after its lines: blinks, gaze, brows, breath and shifts of the weight.
    It becomes a layer beneath the takes, in one undo step"""

    bl_idname = "mien.make_idle"
    bl_label = "Make Idle"

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = speaker_refusal(context) or address_refusal(context)
        if reason:
            return reason
        speaker = speaker_of(context)
        if head_of(speaker):
            return "An idle gives the 52 channels, and this mesh has no keys for them: bind it first"
        try:
            for id_ in takes.driven(speaker):
                nla_layers.refuse_layer(id_, nla_layers.IDLE)
        except fcurves.CurveError as error:
            return str(error).rstrip(".")
        return ""

    def make_requests(self, context) -> tuple:
        return idle_requests.of_speaker(context, context.scene, speaker_of(context))


class MIEN_OT_remove_idle(DisabledReason, bpy.types.Operator):
    """Remove the idle; between lines the face is at rest again"""

    bl_idname = "mien.remove_idle"
    bl_label = "Remove Idle"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = editable(context)
        return reason or ("" if idle.strips(speaker_of(context)) else "There is no idle")

    def execute(self, context):
        try:
            idle.remove(speaker_of(context))
        except fcurves.CurveError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        evaluate_again(context.scene)
        return {"FINISHED"}


class MIEN_PT_idle(SpeakerPanel, bpy.types.Panel):
    bl_label = "Idle"
    bl_order = 1

    def draw_header(self, context):
        speaker = speaker_of(context)
        if idle.strips(speaker):
            self.layout.prop(speaker.mien, "idle", text="")

    def draw(self, context):
        layout, speaker = self.layout, speaker_of(context)
        layout.use_property_split, layout.use_property_decorate = True, False
        settings = speaker.mien
        layout.prop(settings, "idle_range")
        layout.prop(settings, "idle_seed")
        row = layout.row(align=True)
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mien.make_idle", icon="FORCE_HARMONIC")
        row.operator("mien.remove_idle", text="", icon="TRASH")
        strips = idle.strips(speaker)
        if not strips:
            return
        first, last = idle.span(context.scene, speaker)
        strip = strips[0]
        lead, tail = strip.blend_in, strip.blend_out
        if strip.frame_start + lead > first + 1 or strip.frame_end - tail < last - 1:
            begin, end = round(strip.frame_start + lead), round(strip.frame_end - tail)
            layout.label(text=f"It is of frames {begin} to {end}: make it again", icon="INFO")


CLASSES = (MIEN_OT_make_idle, MIEN_OT_remove_idle, MIEN_PT_idle)
