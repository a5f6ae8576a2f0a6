# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator and the menu of takes from video."""

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from ..generation import film_requests
from ..generation.requests import head_of
from ..generation.runner import runner
from ..scene import movie_strips
from ..scene.speakers import speaker_of
from .backend_panel import address_refusal
from .disabled_reason import DisabledReason
from .generate_operators import speaker_refusal


class MIEN_OT_from_video(DisabledReason, bpy.types.Operator, ImportHelper):
    """Make a take of a face in a film: the speaker moves as the person does. It is a take of the active line, and is
    edited and corrected as any other"""

    bl_idname = "mien.from_video"
    bl_label = "From Video"
    bl_options = {"REGISTER"}  # the undo step is pushed when the take is applied
    filename_ext = ""
    filter_movie: BoolProperty(default=True, options={"HIDDEN"})
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    strip: StringProperty(
        name="Strip",
        description="The movie strip whose film is taken, in place of a file",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    in_window: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    face: IntProperty(
        name="Face", description="Which face, where there are several: 1 is the largest", default=1, min=1, max=999
    )
    lips_by_sound: BoolProperty(
        name="Close Lips by Sound",
        description="Let the lips meet at a p, b or m of the film's sound that the camera missed",
        default=True,
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = speaker_refusal(context) or address_refusal(context)
        if not reason and head_of(speaker_of(context)):
            return "A film gives the 52 channels, and this mesh has no keys for them: bind it first"
        return reason

    def draw(self, context):
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        layout.prop(self, "face")
        layout.prop(self, "lips_by_sound")

    def invoke(self, context, event):
        """Without a strip a file is chosen first, and then `execute` is called."""
        self.in_window = True
        return self._start(context) if self.strip else super().invoke(context, event)

    def execute(self, context):
        """In the background after a file was chosen; before it returns from a script."""
        return self._start(context)

    def _start(self, context):
        speaker, scene = speaker_of(context), context.scene
        options = {"face": str(self.face) if self.face > 1 else "", "sound": "" if self.lips_by_sound else "no"}
        strip = movie_strips.find(context, self.strip) if self.strip else None
        path = strip.path if strip is not None else self.filepath
        reason = f"There is no movie strip '{self.strip}'" if self.strip and strip is None else ""
        reason = reason or movie_strips.refusal(path)
        if reason:
            self.report({"ERROR"}, f"{reason}.")
            return {"CANCELLED"}
        if strip is not None:
            requests = film_requests.of_strip(context, scene, speaker, strip, options)
        else:
            requests = film_requests.of_film(context, scene, speaker, path, options)
        if self.in_window:
            runner.begin(requests)
            return {"FINISHED"}
        error = runner.run(requests)
        if error:
            self.report({"ERROR"}, error)
            return {"CANCELLED"}
        self.report({"INFO"}, runner.state.note)
        return {"FINISHED"}


class MIEN_MT_from_video(bpy.types.Menu):
    """Make a take of a face in a film"""

    bl_label = "From Video"
    bl_idname = "MIEN_MT_from_video"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("mien.from_video", text="Film File...", icon="FILE_MOVIE").strip = ""
        strips = movie_strips.all_strips(context)
        if strips:
            layout.separator()
        for strip in strips:
            layout.operator("mien.from_video", text=strip.name, icon="SEQUENCE").strip = strip.name


CLASSES = (MIEN_OT_from_video, MIEN_MT_from_video)
