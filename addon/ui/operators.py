# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that add a head, apply a take file, and choose an engine or a style."""

import functools

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper
from mathutils import Euler

from ..default_body import build as body_build
from ..default_head import build, studio
from ..formats import body_file, head_file, identity_file
from ..formats.take import TakeError, read_take
from ..generation import receive
from ..scene import lines, speakers
from ..scene.apply import ApplyError
from ..scene.direction import performance_of
from ..scene.speakers import speaker_of
from ..shape_keys import driving
from .disabled_reason import DisabledReason

FACING = Euler((1.5, 0.0, 0.3)).to_quaternion()  # a view of the face from a little to its left


PLAIN, PERSON = "plain", "adult"  # the head without an identity; who comes of a click


@functools.cache
def identity_items() -> list[tuple[str, str, str]]:
    """Kept: Blender holds no reference to the strings of an enum that a function gives."""
    people = [
        (name, name.replace("_", " ").title(), "A person with hair of their own") for name in identity_file.names()
    ]
    return [(PLAIN, "Plain Head", "The head without hair, between the sexes"), *people]


class _AddPerson(DisabledReason):
    """Of the operators that add the default head, alone or on a body."""

    bl_options = {"REGISTER", "UNDO"}

    identity: EnumProperty(
        name="Identity", description="Whose face it is", items=lambda self, context: identity_items()
    )
    hair: BoolProperty(name="Hair", description="Add the identity's hair, an object of its own", default=True)

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if context.mode == "OBJECT" else "Go to Object Mode first"

    def execute(self, context):
        try:
            head, hair = head_file.read_head(head_file.find_file()), None
            if self.identity != PLAIN:
                head, hair = identity_file.with_identity(head, self.identity)
            self.add(context, head, hair if self.hair else None)
        except head_file.HeadError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def invoke(self, context, event):
        if not self.properties.is_property_set("identity") and PERSON in identity_file.names():
            self.identity = PERSON
        done = self.execute(context)
        region = next((r for r in context.area.regions if r.type == "WINDOW"), None) if context.area else None
        if done == {"FINISHED"} and context.area.type == "VIEW_3D" and region is not None:
            with context.temp_override(region=region):  # a head is 25 cm high: without framing it is hard to find
                body = context.object.mien.body
                parts = [] if body is None else [part for part in body.children if part.type == "MESH"]
                for part in parts:
                    part.select_set(True)
                bpy.ops.view3d.view_selected()
                for part in parts:
                    part.select_set(part == context.object)
            context.space_data.region_3d.view_rotation = FACING.copy()
        return done


class MIEN_OT_add_head(_AddPerson, bpy.types.Operator):
    """Add a face with the 52 ARKit shape keys at the 3D cursor, free to use for anything (CC0)"""

    bl_idname = "mien.add_head"
    bl_label = "Add Default Head"

    def add(self, context, head, hair) -> None:
        build.add_head(context, head, hair)


class MIEN_OT_add_body(_AddPerson, bpy.types.Operator):
    """Add a clothed body with the default head at the 3D cursor; takes with gestures move its armature (CC0)"""

    bl_idname = "mien.add_body"
    bl_label = "Add Default Body"

    def add(self, context, head, hair) -> None:
        """Raises HeadError."""
        body_build.add_body(context, body_file.read_body(), head, hair)


class MIEN_OT_add_studio(DisabledReason, bpy.types.Operator):
    """Add a camera and three lights before Mien's head, and look through the camera when rendering"""

    bl_idname = "mien.add_studio"
    bl_label = "Add Camera and Light"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context) -> str:
        if context.mode != "OBJECT":
            return "Go to Object Mode first"
        speaker = speaker_of(context)
        if speaker is None or len(speaker.data.vertices) != driving.HEAD_VERTICES:
            return "Select Mien's head first"
        return ""

    def execute(self, context):
        studio.add_studio(context, speaker_of(context))
        return {"FINISHED"}


class MIEN_OT_apply_take(DisabledReason, bpy.types.Operator, ImportHelper):
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
        return speakers.refusal(speaker_of(context))

    def execute(self, context):
        speaker = speaker_of(context)
        try:
            note = receive.put(context.scene, speaker, read_take(self.filepath))
        except (TakeError, ApplyError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, note)
        return {"FINISHED"}


class _Choose:
    """An operator that puts a name into a property of the performance, `chosen`."""

    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    name: StringProperty()

    def execute(self, context):
        speaker = speaker_of(context)
        setattr(performance_of(speaker, lines.active(speaker)), self.chosen, self.name)
        return {"FINISHED"}


class MIEN_OT_choose_engine(_Choose, bpy.types.Operator):
    """Choose which engine performs"""

    bl_idname = "mien.choose_engine"
    bl_label = "Choose Engine"
    chosen = "engine"


class MIEN_OT_choose_style(_Choose, bpy.types.Operator):
    """Choose how clearly is spoken"""

    bl_idname = "mien.choose_style"
    bl_label = "Choose Style"
    chosen = "style"


class MIEN_OT_choose_persona(_Choose, bpy.types.Operator):
    """Choose somebody in particular who speaks, in the place of a style"""

    bl_idname = "mien.choose_persona"
    bl_label = "Choose Persona"
    chosen = "persona"


class MIEN_OT_choose_lips_model(_Choose, bpy.types.Operator):
    """Choose whose lips follow the sound: people's, or those of footage of your own"""

    bl_idname = "mien.choose_lips_model"
    bl_label = "Choose Lips"
    chosen = "lips_model"


class MIEN_OT_fit_end(bpy.types.Operator):
    """Let the scene end where the take does; it ends before it now"""

    bl_idname = "mien.fit_end"
    bl_label = "Extend Scene"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    frame: IntProperty()

    def execute(self, context):
        context.scene.frame_end = max(context.scene.frame_end, self.frame)
        return {"FINISHED"}


CLASSES = (
    MIEN_OT_add_head,
    MIEN_OT_add_body,
    MIEN_OT_add_studio,
    MIEN_OT_apply_take,
    MIEN_OT_choose_engine,
    MIEN_OT_choose_style,
    MIEN_OT_choose_persona,
    MIEN_OT_choose_lips_model,
    MIEN_OT_fit_end,
)
