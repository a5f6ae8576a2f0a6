# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel and operators of all lines at once: Bake All, its progress, and the report of each line."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..batch.plan import EVERYTHING, Choice, PlanError
from ..batch.report import STATES, Entry, Report
from ..batch.run import Batch, BatchError
from ..scene import viewports
from . import text
from .backend_panel import address_refusal
from .disabled_reason import DisabledReason

ICONS = {
    "made": "CHECKMARK",
    "fresh": "CHECKMARK",
    "due": "TIME",
    "skipped": "FORWARD",
    "cancelled": "CANCEL",
    "failed": "ERROR",
}
SHOWN = ("failed", "due", "skipped", "cancelled")  # states whose lines are listed; the others are only counted

_latest: Report | None = None  # of this session, not saved in the file


def latest() -> Report | None:
    """The report in the panel, None without one."""
    return _latest


def _set_latest(report: Report) -> None:
    global _latest
    _latest = report
    viewports.redraw()


def refusal(context: bpy.types.Context) -> str:
    run = context.window_manager.mien_run
    if run.running:
        return f"Already generating for '{run.speaker}'; wait for it or cancel it"
    if not any(obj.type == "MESH" and len(obj.mien.lines) for obj in bpy.data.objects):
        return "There are no lines yet: give a speaker a sound first"
    return address_refusal(context)


class _LinesOperator(DisabledReason):
    scope: EnumProperty(
        name="Lines",
        description="Whose lines are meant",
        items=[
            ("FILE", "All Scenes", "Every line of every speaker of every scene"),
            ("SCENE", "This Scene", "Every line of every speaker of this scene"),
        ],
        default="FILE",
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        return refusal(context)

    def choice(self, context) -> Choice:
        return EVERYTHING if self.scope == "FILE" else Choice(scenes=(context.scene.name,))


class MIEN_OT_bake_all(_LinesOperator, bpy.types.Operator):
    """Make the take of every line that is due: those that have none, and those of which the sound, what is asked, the
    mesh or the engine changed. Blender can be used meanwhile; Cancel keeps what is done"""

    bl_idname = "mien.bake_all"
    bl_label = "Bake All"
    bl_options = {"REGISTER"}  # each take that is applied is an undo step of its own

    force: BoolProperty(name="Up to Date, Too", description="Make also the lines that would come out the same")

    def invoke(self, context, event):
        try:
            Batch(self.choice(context), force=self.force).begin(_set_latest)
        except BatchError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def execute(self, context):
        """Bake before returning, for scripts and Blender without a window."""
        try:
            report = Batch(self.choice(context), force=self.force).run()
        except (BatchError, PlanError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _set_latest(report)
        self.report({"INFO"} if report.whole else {"ERROR"}, report.sentence)
        return {"FINISHED"}


class MIEN_OT_report(_LinesOperator, bpy.types.Operator):
    """Say which lines are due, and why; nothing is made. A backend that does not answer is left out of it"""

    bl_idname = "mien.report"
    bl_label = "What Is Due"
    bl_options = {"REGISTER"}

    def execute(self, context):
        report = Batch(self.choice(context)).dry_run()
        _set_latest(report)
        self.report({"INFO"}, report.sentence)
        return {"FINISHED"}


class MIEN_OT_copy_report(DisabledReason, bpy.types.Operator):
    """Copy the whole report as text, a line for each line"""

    bl_idname = "mien.copy_report"
    bl_label = "Copy Report"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if _latest is not None else "There is no report yet; press Bake All or What Is Due"

    def execute(self, context):
        context.window_manager.clipboard = "\n".join(_latest.lines())
        return {"FINISHED"}


class MIEN_OT_go_to_line(bpy.types.Operator):
    """Select the speaker, show this line and go to where it starts"""

    bl_idname = "mien.go_to_line"
    bl_label = "Go to Line"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    scene: StringProperty()
    speaker: StringProperty()
    uid: IntProperty()

    def execute(self, context):
        speaker, scene = bpy.data.objects.get(self.speaker), bpy.data.scenes.get(self.scene)
        if speaker is None or scene is None or speaker.name not in scene.objects:
            self.report({"ERROR"}, f"'{self.speaker}' is not in the scene '{self.scene}' any more.")
            return {"CANCELLED"}
        if context.window is not None and context.scene != scene:
            context.window.scene = scene
        layer = context.view_layer
        if speaker.name not in layer.objects:
            self.report({"ERROR"}, f"'{self.speaker}' is in a collection that this view layer leaves out.")
            return {"CANCELLED"}
        for obj in list(context.selected_objects):
            obj.select_set(False)
        speaker.select_set(True)
        layer.objects.active = speaker
        for number, line in enumerate(speaker.mien.lines):
            if line.uid == self.uid:
                speaker.mien.active_line = number
                scene.frame_set(line.start_frame)
        return {"FINISHED"}


class MIEN_PT_batch(bpy.types.Panel):
    bl_label = "Batch"
    bl_idname = "MIEN_PT_batch"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Mien"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 80

    def draw(self, context):
        layout, run = self.layout, context.window_manager.mien_run
        row = layout.row(align=True)
        row.scale_y = 1.3
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mien.bake_all", icon="RENDER_ANIMATION")
        row.operator("mien.report", text="", icon="VIEWZOOM")
        row.operator("mien.copy_report", text="", icon="COPYDOWN")
        if run.running and run.total > 1:
            column = layout.column()
            label = f"{run.number} of {run.total}: {run.speaker}, {run.line}"
            column.progress(factor=run.fraction, type="BAR", text=label)
            row = column.row()
            row.alignment = "RIGHT"
            row.operator("mien.cancel", icon="CANCEL")
        if _latest is None:
            return
        text.draw(layout, context, _latest.sentence, "CHECKMARK" if _latest.whole else "INFO")
        for state in SHOWN:
            for entry in _latest.of(state):
                _draw_entry(layout, context, entry)


def _draw_entry(layout, context, entry: Entry) -> None:
    box = layout.box()
    row = box.row()
    row.label(text=f"{entry.speaker}, {entry.line}", icon=ICONS[entry.state])
    button = row.operator("mien.go_to_line", text="", icon="RIGHTARROW", emboss=False)
    button.scene, button.speaker, button.uid = entry.scene, entry.speaker, entry.uid
    text.draw(box, context, entry.why or STATES[entry.state].capitalize())


def dismiss() -> None:
    """Remove the report, whose file was closed."""
    global _latest
    _latest = None


@bpy.app.handlers.persistent
def _after_load(*_) -> None:
    dismiss()


CLASSES = (MIEN_OT_bake_all, MIEN_OT_report, MIEN_OT_copy_report, MIEN_OT_go_to_line, MIEN_PT_batch)


def register() -> None:
    bpy.app.handlers.load_post.append(_after_load)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_after_load)
    dismiss()
