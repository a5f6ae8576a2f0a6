# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that request takes from the backend: Generate, Make Anew, Cancel."""

import bpy

from ..animation import fcurves, nla_layers, takes
from ..animation.nla_layers import Mark
from ..generation import film_requests, requests
from ..generation.runner import runner
from ..scene import lines, sound, speakers
from ..scene.speakers import speaker_of
from .backend_panel import address_refusal
from .disabled_reason import DisabledReason


def refusal(context: bpy.types.Context) -> str:
    """Why no take of the line can be requested now, without a full stop; '' when one can."""
    reason = speaker_refusal(context)
    return reason or lines.refusal(lines.active(speaker_of(context))) or address_refusal(context)


def speaker_refusal(context: bpy.types.Context) -> str:
    """Why no take of any kind can be requested for the speaker, without a full stop; '' when one can."""
    run = context.window_manager.mien_run
    if run.running:
        return f"Already generating for '{run.speaker}'; wait for it or cancel it"
    speaker = speaker_of(context)
    reason = speakers.refusal(speaker)
    if reason:
        return reason
    return speakers.BAKED if speaker.mien.baked else ""


class RequestOperator(DisabledReason):
    """An operator that requests takes: in the background when it is invoked, before it returns from a script."""

    bl_options = {"REGISTER"}  # the undo step is pushed when a take is applied, not when it is requested
    refusals: tuple[type[Exception], ...] = (sound.SoundError,)

    def make_requests(self, context) -> tuple:
        """Bring the line in step with its strip, write its sound, and return its requests. Raises `refusals`."""
        raise NotImplementedError

    def invoke(self, context, event):
        try:
            runner.begin(self.make_requests(context))
        except self.refusals as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def execute(self, context):
        """Generate before returning, for scripts and Blender without a window."""
        try:
            error = runner.run(self.make_requests(context))
        except self.refusals as refusal_:
            error = str(refusal_)
        if error:
            self.report({"ERROR"}, error)
            return {"CANCELLED"}
        self.report({"INFO"}, runner.state.note)
        return {"FINISHED"}


class MIEN_OT_generate(RequestOperator, bpy.types.Operator):
    """Make takes of the line: each becomes animation on a track of its own, in an undo step of its own"""

    bl_idname = "mien.generate"
    bl_label = "Generate Lip-Sync"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return refusal(context)

    def make_requests(self, context) -> tuple:
        speaker = speaker_of(context)
        line = lines.active(speaker)
        requests.prepare(speaker, line)
        return requests.of_line(context, context.scene, speaker, line, requests.new_seeds(line))


class MIEN_OT_make_anew(RequestOperator, bpy.types.Operator):
    """Make this take alone again, as the performance is set now; its corrections stay. A locked seed is kept,
    an unlocked take draws another"""

    bl_idname = "mien.make_anew"
    bl_label = "Regenerate Take"

    @classmethod
    def disabled_reason(cls, context) -> str:
        speaker = speaker_of(context)
        line = lines.active(speaker) if speaker is not None else None
        take = takes.active(line) if line is not None else None
        of_film = take is not None and bool(take.film)
        reason = (speaker_refusal(context) or address_refusal(context)) if of_film else refusal(context)
        if reason:
            return reason
        if take is None:
            return "There is no take yet; press Generate"
        try:
            for id_ in takes.driven(speaker):
                nla_layers.refuse_layer(id_, Mark("take", line.uid, take.uid))
        except fcurves.CurveError as error:
            return str(error).rstrip(".")
        return ""

    def make_requests(self, context) -> tuple:
        speaker = speaker_of(context)
        line = lines.active(speaker)
        take = takes.active(line)
        if take.film:
            return film_requests.of_take(context, context.scene, speaker, line, take)
        seed = take.seed if take.lock else takes.free_seed(line, line.seed)
        requests.prepare(speaker, line)
        return requests.of_line(context, context.scene, speaker, line, [seed], take.uid)


class MIEN_OT_cancel(DisabledReason, bpy.types.Operator):
    """Stop generating; takes that are done stay, and the rest of the scene is as it was"""

    bl_idname = "mien.cancel"
    bl_label = "Cancel"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if context.window_manager.mien_run.running else "Nothing is being generated"

    def execute(self, context):
        runner.cancel()
        return {"FINISHED"}


class MIEN_OT_dismiss(bpy.types.Operator):
    """Clear this message"""

    bl_idname = "mien.dismiss"
    bl_label = "Clear Message"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        runner.dismiss()
        return {"FINISHED"}


CLASSES = (MIEN_OT_generate, MIEN_OT_make_anew, MIEN_OT_cancel, MIEN_OT_dismiss)
