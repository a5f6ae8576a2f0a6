# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of a speaker as Blender stores it: meshes, lines, performance settings, takes; and a run's state for the
panel.

Every object has `Object.mien` (MienSpeaker). A speaker has lines (MienLine): a sound and its start frame. A line has
takes (MienTake), each of which is animation on NLA tracks of its own: `animation/takes.py` finds them by the numbers
on their actions, so that no reference is stored that undo or a deletion could break. The performance settings
(MienPerformance) are the speaker's, unless a line has its own.
"""

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

from ..animation import takes
from . import lines, strip_sync
from .characters import distinct_names
from .direction_properties import MienPerformance
from .library.override_flags import GROWING, KEPT

TAKES_LIMIT = 20
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()  # '//voice.wav' and no warning


class MienTake(bpy.types.PropertyGroup):
    """One take of a line. Its curves are in actions on NLA tracks of their own."""

    uid: IntProperty(options={"HIDDEN"}, override=KEPT)  # unique in its line; never reused
    name: StringProperty(
        name="Name",
        description="The take's name, also of its actions and NLA tracks",
        update=lambda take, context: takes.on_take_renamed(take),
        override=KEPT,
    )
    seed: IntProperty(
        name="Seed",
        description="What this take was drawn from; the same seed gives the same take",
        min=0,
        override=KEPT,
    )
    star: BoolProperty(name="Star", description="One to keep in mind", override=KEPT)
    lock: BoolProperty(
        name="Lock Seed",
        description="Making this take anew keeps its seed, so that only what is asked of it changes; "
        "unlocked, it draws another one",
        default=True,
        override=KEPT,
    )
    note: StringProperty(name="Note", description="What you think of it", override=KEPT)
    made: StringProperty(options={"HIDDEN"}, override=KEPT)  # the day and time, ISO
    # of a take from video: the film, and what was asked of it as JSON; '' where it was generated
    film: StringProperty(subtype="FILE_PATH", options={"HIDDEN"} | RELATIVE, override=KEPT)
    film_fields: StringProperty(options={"HIDDEN"}, override=KEPT)
    # of a take from video: its file, see `recorded_takes`
    recorded: StringProperty(options={"HIDDEN"}, override=KEPT)
    # notes from when it was applied: missing keys and the like
    said: StringProperty(options={"HIDDEN"}, override=KEPT)
    content: StringProperty(options={"HIDDEN"}, override=KEPT)  # its fingerprint, '' where it came from a file
    # the scene's frame of its end
    last_frame: IntProperty(options={"HIDDEN"}, override=KEPT)


class MienLine(bpy.types.PropertyGroup):
    """A sound of a speaker: a file that starts at a frame, or a strip of the sequencer that it follows."""

    uid: IntProperty(options={"HIDDEN"}, override=KEPT)  # unique in its speaker; never reused
    next_take: IntProperty(options={"HIDDEN"}, default=1, override=KEPT)
    name: StringProperty(
        name="Name",
        description="The line's name, also of its takes",
        update=lambda line, context: lines.on_rename(line),
        override=KEPT,
    )
    sound: StringProperty(
        name="Sound",
        description="The recorded voice: wav, flac, ogg, mp3, m4a or a film's sound",
        subtype="FILE_PATH",
        update=lambda line, context: lines.on_sound_change(line),
        options=RELATIVE,
        override=KEPT,
    )
    strip: StringProperty(
        name="Strip",
        description="The sound strip of the sequencer that this line is: moving it moves the takes, and its "
        "ends are the line's",
        update=lambda line, context: strip_sync.on_strip_choice(line, context),
        override=KEPT,
    )
    scene: StringProperty(options={"HIDDEN"}, override=KEPT)  # the scene of the strip
    start_frame: IntProperty(
        name="Start Frame",
        description="The scene's frame at which the sound starts; the takes move with it",
        default=1,
        update=lambda line, context: strip_sync.on_start_change(line, context),
        override=KEPT,
    )
    followed: IntProperty(options={"HIDDEN"}, default=1, override=KEPT)  # the start frame to which the takes were moved
    # seconds of the sound that the strip cuts at its front
    trim_start: FloatProperty(options={"HIDDEN"}, override=KEPT)
    # seconds of the sound at which the strip ends; 0 is its end
    trim_end: FloatProperty(options={"HIDDEN"}, override=KEPT)
    # seconds by which the sound is moved within the strip
    sound_offset: FloatProperty(options={"HIDDEN"}, override=KEPT)
    # JSON of `retiming.Map`, '' where the strip is not retimed
    retiming: StringProperty(options={"HIDDEN"}, override=KEPT)
    transcript: StringProperty(
        name="Transcript",
        description="The words that are spoken, if you have them, or the path of a text or subtitle file (.txt, .srt, "
        ".vtt); they only make the lips more exact",
        override=KEPT,
    )
    seed: IntProperty(
        name="Seed",
        description="The seed of the next take: another one is another performance of the same words",
        default=0,
        min=0,
        override=KEPT,
    )
    lock_seed: BoolProperty(
        name="Lock Seed",
        description="Generate takes this seed every time, in place of the take that has it; unlocked, it goes "
        "on to seeds that no take has",
        override=KEPT,
    )
    count: IntProperty(
        name="Takes",
        description="How many takes Generate makes",
        default=1,
        min=1,
        max=TAKES_LIMIT,
        override=KEPT,
    )
    # the recorded take whose part its takes have, by its key; '' for none: `recorded_takes`
    recorded_from: StringProperty(options={"HIDDEN"}, override=KEPT)
    recorded_part: EnumProperty(
        name="Part",
        description="What of the recorded take replaces the engine's",
        items=[
            (
                "nonverbal",
                "Brows, Eyes, Head",
                "Brows, lids, cheeks, gaze and head are recorded; the lips follow the voice",
            ),
            ("lips", "Lips", "Lips, jaw and tongue are recorded; the engine moves brows, eyes and head"),
        ],
        options=set(),
        override=KEPT,
    )
    own: BoolProperty(
        name="Own Performance",
        description="This line has emotions and amounts of its own, in place of the speaker's",
        update=lambda line, context: lines.on_own_change(line),
        override=KEPT,
    )
    performance: PointerProperty(type=MienPerformance, override=KEPT)
    words: StringProperty(options={"HIDDEN"}, override=KEPT)  # JSON of `timeline.words.Shown`, '' without markers
    held: StringProperty(options={"HIDDEN"}, override=KEPT)  # JSON of `held_keys`, '' where nothing is held
    takes: CollectionProperty(type=MienTake, override=GROWING)
    active_take: IntProperty(
        name="Take",
        description="The active take; click one to show it",
        update=lambda line, context: takes.audition(line, context),
        override=KEPT,
    )


class MienPart(bpy.types.PropertyGroup):
    """A further mesh of a speaker."""

    name: StringProperty(options={"HIDDEN"}, override=KEPT)  # by it a library override finds the part again
    mesh: PointerProperty(
        name="Mesh",
        description="Another mesh of this face with shape keys: teeth, tongue, brows, lashes ...",
        type=bpy.types.Object,
        poll=lambda part, obj: obj.type == "MESH" and obj != part.id_data,
        update=lambda part, context: distinct_names.name_of_mesh(part),
        override=KEPT,
    )


def _armature(self, obj: bpy.types.Object) -> bool:
    return obj.type == "ARMATURE"


class MienSpeaker(bpy.types.PropertyGroup):
    """On every object; of use on the mesh of a face."""

    sound: StringProperty(
        name="Sound",
        description="The recorded voice of the line: wav, flac, ogg, mp3, m4a or a film's sound. The first "
        "one picked makes the first line",
        subtype="FILE_PATH",
        get=lambda speaker: lines.sound_of(speaker),
        set=lambda speaker, path: lines.pick_sound(speaker, path),
        options=RELATIVE,
    )
    parts: CollectionProperty(type=MienPart, override=GROWING)
    active_part: IntProperty(override=KEPT)
    head_object: PointerProperty(
        name="Head Rotation",
        description="The object that turns with the head: an empty to hang a neck on, or the mesh itself",
        type=bpy.types.Object,
        override=KEPT,
    )
    body: PointerProperty(
        name="Body",
        description="The armature whose arms gesture, with bones named as by Mien, Rigify, Mixamo, VRM or Unreal; "
        "empty is the one that carries the mesh",
        type=bpy.types.Object,
        poll=_armature,
        override=KEPT,
    )
    place_sound: BoolProperty(
        name="Sound in Sequencer",
        description="Put the sound in the scene's sequencer at the start frame, unless it is there already; "
        "the line then follows it",
        default=True,
        override=KEPT,
    )
    performance: PointerProperty(type=MienPerformance, override=KEPT)
    lines: CollectionProperty(type=MienLine, override=GROWING)
    active_line: IntProperty(name="Line", description="The line that the panel shows", override=KEPT)
    next_line: IntProperty(options={"HIDDEN"}, default=1, override=KEPT)
    idle: BoolProperty(
        name="Idle",
        description="Move the speaker before, between and after lines: blinks, gaze, breath, small turns of the head",
        default=True,
        update=lambda speaker, context: takes.show_idle(speaker.id_data),
        override=KEPT,
    )
    idle_range: EnumProperty(
        name="Range",
        description="From where to where the idle lasts",
        items=[
            ("SCENE", "Scene", "The frames of the scene"),
            ("LINES", "Lines", "From before the speaker's first line to after its last one"),
        ],
        options=set(),
        override=KEPT,
    )
    idle_seed: IntProperty(
        name="Seed", description="The seed of the idle: another one is another motion", default=0, min=0, override=KEPT
    )
    baked: BoolProperty(options={"HIDDEN"}, override=KEPT)  # baked down to one action; its takes are muted


class MienRun(bpy.types.PropertyGroup):
    """The state of the run for the panel. On the window manager, which undo does not change."""

    running: BoolProperty()
    speaker: StringProperty()
    line: StringProperty()
    number: IntProperty()
    total: IntProperty()
    stage: StringProperty()
    fraction: FloatProperty()
    error: StringProperty()
    note: StringProperty()
    backend: StringProperty()


CLASSES = (MienTake, MienLine, MienPart, MienSpeaker, MienRun)


def register() -> None:
    bpy.types.Object.mien = PointerProperty(type=MienSpeaker, override=KEPT)
    bpy.types.WindowManager.mien_run = PointerProperty(type=MienRun)


def unregister() -> None:
    del bpy.types.WindowManager.mien_run
    del bpy.types.Object.mien
