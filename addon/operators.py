# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do. Each button that is greyed out says why (`disabled_reason`)."""

import bpy
from bpy.props import IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper
from mathutils import Euler

from . import channels, default_head, keys, sound
from .apply import ApplyError
from .backend_panel import address_refusal
from .client import is_loopback
from .jobs import Request
from .preferences import preferences
from .pump import pump, put_take
from .reasons import Reasoned
from .take import TakeError, read_take

HEAD_VERTICES = 4538  # Mien's own head: what vertex engines move
FLAME_VERTICES = 5023  # the mesh of every FLAME


def speaker_of(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active mesh; or the mesh whose head the active empty turns."""
    active = context.view_layer.objects.active if context.view_layer else None
    if active is None:
        return None
    parent = active.parent
    if (
        active.type == "EMPTY"
        and parent is not None
        and parent.type == "MESH"
        and parent.mien.head_object == active
    ):
        return parent
    return active if active.type == "MESH" else None


def request_of(context: bpy.types.Context, speaker: bpy.types.Object) -> Request:
    """What the panel asks for now, as plain values."""
    settings, wanted = speaker.mien, preferences(context)
    return Request(
        speaker=speaker.name,
        speaker_uid=getattr(speaker, "session_uid", 0),
        scene=context.scene.name,
        sound=str(sound.absolute(settings.sound)),
        start_frame=settings.start_frame,
        direction=settings.direction(),
        engine=settings.engine,
        fps=str(sound.scene_fps(context.scene)),
        address=wanted.address,
        start_own=wanted.start_own and is_loopback(wanted.address),
        command=wanted.command,
        place_sound=settings.place_sound,
        head=head_of(speaker),
    )


def head_of(speaker: bpy.types.Object) -> str:
    """The head whose vertices a take has to move: 'flame' for a mesh of FLAME without ARKit's keys, else ''."""
    flame = len(speaker.data.vertices) == FLAME_VERTICES
    return "flame" if flame and not channels.match(channels.ARKIT, keys.names(speaker.data)).keys else ""


FACING = Euler((1.5, 0.0, 0.3)).to_quaternion()  # a view of the face from a little to its left


class MIEN_OT_add_head(Reasoned, bpy.types.Operator):
    """Add a face with the 52 ARKit shape keys at the 3D cursor, free to use for anything (CC0)"""

    bl_idname = "mien.add_head"
    bl_label = "Add Default Head"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if context.mode == "OBJECT" else "Go to Object Mode first"

    def execute(self, context):
        try:
            default_head.add_head(context, default_head.read_head(default_head.find_file()))
        except default_head.HeadError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def invoke(self, context, event):
        done = self.execute(context)
        region = next((r for r in context.area.regions if r.type == "WINDOW"), None) if context.area else None
        if done == {"FINISHED"} and context.area.type == "VIEW_3D" and region is not None:
            with context.temp_override(
                region=region
            ):  # a head is 25 cm high: frame it, or it is hard to find
                bpy.ops.view3d.view_selected()
            context.space_data.region_3d.view_rotation = FACING.copy()
        return done


class MIEN_OT_generate(Reasoned, bpy.types.Operator):
    """Make the speaker say the sound: the take becomes shape-key animation, in one undo step"""

    bl_idname = "mien.generate"
    bl_label = "Generate Lip-Sync"
    bl_options = {"REGISTER"}  # the undo step is pushed when the take is applied, not when it is asked for

    @classmethod
    def disabled_reason(cls, context) -> str:
        run = context.window_manager.mien_run
        if run.running:
            return f"Already generating for '{run.speaker}'; wait for it or cancel it"
        speaker = speaker_of(context)
        if speaker is None:
            return "Select the mesh of a face, or use Add Default Head"
        match = channels.match(channels.ARKIT, keys.names(speaker.data))
        if not match.keys and len(speaker.data.vertices) not in (HEAD_VERTICES, FLAME_VERTICES):
            return f"'{speaker.name}' has none of ARKit's shape keys (jawOpen, ...): use Add Default Head"
        return sound.refusal(speaker.mien.sound) or address_refusal(context)

    def invoke(self, context, event):
        pump.begin(request_of(context, speaker_of(context)))
        return {"FINISHED"}

    def execute(self, context):
        """The blocking way, for scripts and Blender without a window."""
        error = pump.run(request_of(context, speaker_of(context)))
        if error:
            self.report({"ERROR"}, error)
            return {"CANCELLED"}
        self.report({"INFO"}, pump.state.note)
        return {"FINISHED"}


class MIEN_OT_cancel(Reasoned, bpy.types.Operator):
    """Stop generating; the scene stays as it is"""

    bl_idname = "mien.cancel"
    bl_label = "Cancel"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if context.window_manager.mien_run.running else "Nothing is being generated"

    def execute(self, context):
        pump.cancel()
        return {"FINISHED"}


class MIEN_OT_dismiss(bpy.types.Operator):
    """Clear this message"""

    bl_idname = "mien.dismiss"
    bl_label = "Clear Message"

    def execute(self, context):
        pump.dismiss()
        return {"FINISHED"}


class MIEN_OT_apply_take(Reasoned, bpy.types.Operator, ImportHelper):
    """Put a take file (*.take.safetensors, from 'mien speak') on the speaker, with the panel's sound"""

    bl_idname = "mien.apply_take"
    bl_label = "Apply Take File"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".safetensors"
    filter_glob: StringProperty(default="*.safetensors", options={"HIDDEN"})

    @classmethod
    def disabled_reason(cls, context) -> str:
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        return "" if speaker_of(context) is not None else "Select the mesh of a face, or use Add Default Head"

    def execute(self, context):
        speaker = speaker_of(context)
        asked = speaker.mien
        heard = asked.sound if asked.place_sound and not sound.refusal(asked.sound) else ""
        try:
            note = put_take(context.scene, speaker, read_take(self.filepath), asked.start_frame, heard)
        except (TakeError, ApplyError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, note)
        return {"FINISHED"}


class MIEN_OT_choose_engine(bpy.types.Operator):
    """Choose which engine performs"""

    bl_idname = "mien.choose_engine"
    bl_label = "Choose Engine"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    name: StringProperty()

    def execute(self, context):
        speaker_of(context).mien.engine = self.name
        return {"FINISHED"}


class MIEN_OT_choose_style(bpy.types.Operator):
    """Choose how clearly is spoken"""

    bl_idname = "mien.choose_style"
    bl_label = "Choose Style"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    name: StringProperty()

    def execute(self, context):
        speaker_of(context).mien.style = self.name
        return {"FINISHED"}


class MIEN_OT_fit_end(bpy.types.Operator):
    """Let the scene end where the take does; it ends before it now"""

    bl_idname = "mien.fit_end"
    bl_label = "Extend Scene"
    bl_options = {"REGISTER", "UNDO"}
    frame: IntProperty()

    def execute(self, context):
        context.scene.frame_end = max(context.scene.frame_end, self.frame)
        return {"FINISHED"}


CLASSES = (
    MIEN_OT_add_head,
    MIEN_OT_generate,
    MIEN_OT_cancel,
    MIEN_OT_dismiss,
    MIEN_OT_apply_take,
    MIEN_OT_choose_engine,
    MIEN_OT_choose_style,
    MIEN_OT_fit_end,
)
