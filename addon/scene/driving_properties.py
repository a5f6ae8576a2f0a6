# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape-key mapping as Blender stores it on an object: the edited table, bones, and the form of vertex takes."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..shape_keys.bones import FACING, Bones
from ..shape_keys.key_table import Row
from .library.override_flags import GROWING, KEPT

VERTICES = (
    ("AUTO", "As Sent", "What the engine sends: shapes with curves where it can, else a point cache"),
    ("BASIS", "Shapes and Curves", "A few shape keys whose curves can be edited; the take says how exact they are"),
    ("CACHE", "Point Cache", "Every vertex of every frame in a file beside the scene: exact, and not editable"),
)


MOUTHS = (
    ("AUTO", "Automatic", "Of channels and visemes, those that open the mouth farther"),
    ("CHANNELS", "Channels", "Keys like jawOpen and mouthFunnel move the mouth"),
    ("VISEMES", "Visemes", "Keys of whole mouths, like viseme_aa or Fcl_MTH_A, move the mouth"),
)
WAYS_OF_GAZE = (
    ("AUTO", "Automatic", "Bones that turn the eyes, else eye objects, else shape keys"),
    ("BONES", "Bones", "The eye bones turn; keys that would turn the eyes rest"),
    ("OBJECTS", "Objects", "The eye objects turn"),
    ("KEYS", "Shape Keys", "Keys like eyeLookInLeft turn the eyes; eye bones rest"),
)


class MienKey(bpy.types.PropertyGroup):
    """A row of the mapping table."""

    name: StringProperty(name="Key", description="The shape key that is driven", override=KEPT)
    source: StringProperty(
        name="From",
        description="What of a take drives it: channels like jawOpen or 0.5 mouthSmileLeft + 0.5 mouthSmileRight, or "
        "a mouth by its phones like /P B M/",
        override=KEPT,
    )
    gain: FloatProperty(
        name="Gain", description="How far the key goes for a source of 1", default=1.0, soft_min=0.0, soft_max=2.0,
        override=KEPT,
    )  # fmt: skip
    offset: FloatProperty(
        name="Offset", description="The key's value when the source is 0", soft_min=-1.0, soft_max=1.0, override=KEPT
    )


class MienControlOwner(bpy.types.PropertyGroup):
    """An object whose controls move with the takes, by the mapping that was learnt."""

    name: StringProperty(options={"HIDDEN"}, override=KEPT)
    owner: PointerProperty(type=bpy.types.Object, override=KEPT)


def _armature(self, obj: bpy.types.Object) -> bool:
    return obj.type == "ARMATURE"


def _eye(self, obj: bpy.types.Object) -> bool:
    return obj.type in ("MESH", "EMPTY", "SURFACE", "CURVE") and obj != self.id_data


def _eye_object(side: str):
    return PointerProperty(
        name=f"{side} Eye Object",
        description=f"The object that is the character's own {side.lower()} eye, or an empty above it; it is turned",
        type=bpy.types.Object,
        poll=_eye,
        override=KEPT,
    )


def _gain(side: str):
    return FloatProperty(
        name=f"{side} Eye Gain",
        description=f"How far the character's own {side.lower()} eye turns: 1 is as far as a person's",
        default=1.0,
        soft_min=0.0,
        soft_max=2.0,
        override=KEPT,
    )


def _bone(name: str, description: str):
    return StringProperty(name=name, description=description, override=KEPT)


class MienDriving(bpy.types.PropertyGroup):
    """On every object; of use on the meshes of a speaker."""

    edited: BoolProperty(override=KEPT)  # the rows in `lines` are used, not those by name
    table_name: StringProperty(name="Table", override=KEPT)
    lines: CollectionProperty(type=MienKey, override=GROWING)
    active_line: IntProperty(override=KEPT)
    vertices: EnumProperty(
        name="Vertices",
        description="How a take that moves every vertex comes onto this mesh",
        items=VERTICES,
        default="AUTO",
        override=KEPT,
    )
    armature: PointerProperty(
        name="Armature",
        description="The armature whose jaw, eyes or head move with the take",
        type=bpy.types.Object,
        poll=_armature,
        override=KEPT,
    )
    jaw: _bone("Jaw", "The bone that opens the jaw")
    eye_left: _bone("Left Eye", "The bone that turns the character's own left eye")
    eye_right: _bone("Right Eye", "The bone that turns the character's own right eye")
    head: _bone("Head", "The bone that turns the head, in place of an object under Head Rotation")
    neck: _bone("Neck", "The bone that takes half of the head's turning")
    mouth: EnumProperty(
        name="Mouth",
        description="What moves the mouth where the mesh has shape keys for channels and for visemes",
        items=MOUTHS,
        default="AUTO",
        override=KEPT,
    )
    gaze: EnumProperty(
        name="Gaze",
        description="What turns the eyes; never two of them at once",
        items=WAYS_OF_GAZE,
        default="AUTO",
        override=KEPT,
    )
    eye_left_object: _eye_object("Left")
    eye_right_object: _eye_object("Right")
    eye_left_gain: _gain("Left")
    eye_right_gain: _gain("Right")
    found: StringProperty(options={"HIDDEN"}, override=KEPT)  # what the last set-up or check said
    control_map: StringProperty(options={"HIDDEN"}, override=KEPT)  # JSON of `control_fit.ControlMap`, '' for none
    control_owners: CollectionProperty(type=MienControlOwner, options={"HIDDEN"}, override=GROWING)
    face_group: StringProperty(
        name="Face",
        description="The vertex group of the face, where the mesh is a whole body: only it is bound; empty is all",
        override=KEPT,
    )
    facing: EnumProperty(
        name="Facing",
        description="Where the face looks at rest, in the armature's own axes",
        items=[(name, name, f"The face looks along {name}") for name in FACING],
        default="-Y",
        override=KEPT,
    )

    def rows(self) -> tuple[Row, ...]:
        """The edited table."""
        return tuple(Row(line.name, line.source, line.gain, line.offset) for line in self.lines)

    def set_rows(self, rows: tuple[Row, ...], name: str) -> None:
        """Replace the table by these rows."""
        self.lines.clear()
        for row in rows:
            line = self.lines.add()
            line.name, line.source, line.gain, line.offset = row.key, row.source, row.gain, row.offset
        self.table_name, self.edited, self.active_line = name, True, 0

    def bones(self) -> Bones:
        """The chosen bones; none without an armature."""
        if self.armature is None:
            return Bones()
        names = (self.jaw, self.eye_left, self.eye_right, self.head, self.neck)
        return Bones(*names, self.facing, self.eye_left_gain, self.eye_right_gain)


CLASSES = (MienKey, MienControlOwner, MienDriving)


def register() -> None:
    bpy.types.Object.mien_driving = PointerProperty(type=MienDriving, override=KEPT)


def unregister() -> None:
    del bpy.types.Object.mien_driving
