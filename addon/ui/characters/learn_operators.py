# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that learn the controls of a rig, a little in each tick of a timer, and forget them."""

import time

import bpy

from ...animation import nla_layers
from ...scene.characters import learning, learnt
from ...scene.speakers import speaker_of
from ..disabled_reason import DisabledReason
from ..line_operators import editable

TICK_S, WORK_S = 0.05, 0.04  # between two ticks of the timer; of work in one


class LearningShown:
    """What the panel shows of the learning that runs; None where none does."""

    progress: learnt.Progress | None = None


class MIEN_OT_learn_controls(DisabledReason, bpy.types.Operator):
    """Move each control behind the shape keys' drivers, or of a face made of bones, and look what it does; takes move
    the controls then, and an animator can go on with them. Esc stops it"""

    bl_idname = "mien.learn_controls"
    bl_label = "Learn Controls"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if editable(context):
            return editable(context)
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        return learning.refusal(speaker_of(context))

    def execute(self, context):
        try:
            return self._keep(context, learnt.finish(learning.steps(speaker_of(context))))
        except learnt.LearningError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    def invoke(self, context, event):
        self._steps = learning.steps(speaker_of(context))
        self._timer = context.window_manager.event_timer_add(TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        self._show(context, learnt.Progress(0.0, "looking for controls"))
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type == "ESC":
            self.cancel(context)
            self.report({"INFO"}, "Stopped; nothing was learnt, and the rig is as it was.")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}  # the rig moves: nothing else may change it meanwhile
        end = time.monotonic() + WORK_S
        try:
            while time.monotonic() < end:
                progress = next(self._steps)
            self._show(context, progress)
        except StopIteration as done:
            self.cancel(context)
            return self._keep(context, done.value)
        except learnt.LearningError as error:
            self.cancel(context)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except Exception:
            self.cancel(context)
            raise
        return {"RUNNING_MODAL"}

    def cancel(self, context) -> None:
        """Leave the rig as it was; Blender calls it, too, when the window is closed."""
        self._steps.close()
        context.window_manager.event_timer_remove(self._timer)
        self._show(context, None)

    def _keep(self, context, found: learnt.Learnt) -> set[str]:
        speaker = speaker_of(context)
        learnt.store(speaker, found)
        speaker.mien_driving.found = found.sentence
        self.report({"INFO"}, found.sentence)
        return {"FINISHED"}

    @staticmethod
    def _show(context, progress: learnt.Progress | None) -> None:
        LearningShown.progress = progress
        text = f"Learning controls, {progress.share:.0%}: {progress.stage}   Esc: stop" if progress else None
        context.workspace.status_text_set(text)
        for area in context.screen.areas if context.screen is not None else ():
            if area.type == "VIEW_3D":
                area.tag_redraw()


class MIEN_OT_forget_controls(DisabledReason, bpy.types.Operator):
    """Forget what was learnt of the rig's controls; takes leave them and driven shape keys alone again"""

    bl_idname = "mien.forget_controls"
    bl_label = "Forget Controls"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if editable(context):
            return editable(context)
        speaker = speaker_of(context)
        if not speaker.mien_driving.control_map:
            return "No controls were learnt"
        moved = [item.owner for item in speaker.mien_driving.control_owners if item.owner is not None]
        return "Delete the takes first" if any(nla_layers.animates(owner) for owner in moved) else ""

    def execute(self, context):
        mapping = speaker_of(context).mien_driving
        mapping.control_map = ""
        mapping.control_owners.clear()
        return {"FINISHED"}


CLASSES = (MIEN_OT_learn_controls, MIEN_OT_forget_controls)
