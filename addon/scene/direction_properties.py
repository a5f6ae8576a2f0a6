# SPDX-License-Identifier: GPL-3.0-or-later
"""The performance settings as Blender stores them: emotions, gains, non-verbal motion, a matched face."""

import bpy
from bpy.props import EnumProperty, FloatProperty, PointerProperty, StringProperty

from ..formats.channels import ARKIT
from .direction import EMOTIONS, INTENSITY
from .library.override_flags import KEPT

CHOICES = ("neutral", *EMOTIONS, "mix")
HANDS = (
    ("both", "Both", "Both hands gesture"),
    ("left", "Left", "The left hand gestures, the right one rests"),
    ("right", "Right", "The right hand gestures, the left one rests"),
    ("none", "None", "No hand gestures; the body breathes and sways"),
)


def _amount(name: str, description: str, keyed: bool = False):
    return FloatProperty(
        name=name,
        description=description,
        default=1.0,
        min=0.0,
        max=2.0,
        subtype="FACTOR",
        options={"ANIMATABLE"} if keyed else set(),
        override=KEPT,
    )


def _weight(name: str):
    return FloatProperty(
        name=name.capitalize(),
        description=f"How much of the emotion is {name}; key it to change in the course of a line. What all "
        "weights leave of 1 is neutral, and beyond 1 they share it",
        default=0.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        override=KEPT,
    )


def _guidance(name: str, what: str):
    return FloatProperty(
        name=name,
        description=f"How closely the face follows {what}: 1 as it was learnt, less is freer, more is stricter",
        default=1.0,
        min=0.0,
        max=5.0,
        soft_max=3.0,
        options=set(),
        override=KEPT,
    )


def _seconds(name: str, default: float, what: str):
    return FloatProperty(
        name=name,
        description=f"Seconds in which an emotion or a matched face {what} at the soonest",
        default=default,
        min=0.0,
        max=10.0,
        soft_max=3.0,
        precision=2,
        step=5,
        unit="TIME_ABSOLUTE",
        options=set(),
        override=KEPT,
    )


def _channel(name: str):
    return FloatProperty(
        name=name,
        description=f"How much of {name} the matched face has; 0 takes it off",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        override=KEPT,
    )


class MienFace(bpy.types.PropertyGroup):
    """The channels of a matched face; no face where all are 0. Not a list: overrides of linked characters do not keep
    a list at this depth (measured: 5.0)."""

    __annotations__ = {name: _channel(name) for name in ARKIT}


class MienPerformance(bpy.types.PropertyGroup):
    """Performance settings of a speaker or a line. Emotion weights, intensity, the gains of jaw and lips and the level
    of a matched face may be keyed or driven; engines take the rest as one number a line."""

    happy: _weight("happy")
    angry: _weight("angry")
    sad: _weight("sad")
    fear: _weight("fear")
    disgusted: _weight("disgusted")
    surprised: _weight("surprised")
    contempt: _weight("contempt")

    def _chosen(self) -> int:
        weights = {name: getattr(self, name) for name in EMOTIONS if getattr(self, name) > 0.0}
        if not weights:
            return 0
        return CHOICES.index(next(iter(weights))) if list(weights.values()) == [1.0] else CHOICES.index("mix")

    def _choose(self, number: int) -> None:
        if CHOICES[number] != "mix":
            for name in EMOTIONS:
                setattr(self, name, float(name == CHOICES[number]))

    emotion: EnumProperty(
        name="Emotion",
        description="What the speaker feels: choosing one sets its weight to 1 and the others to 0",
        items=[(name, name.capitalize(), "") for name in CHOICES[:-1]]
        + [("mix", "Mix", "Several at once or one in part: see the weights under Emotions")],
        get=_chosen,
        set=_choose,
        options=set(),
    )
    intensity: FloatProperty(
        name="Intensity",
        description="How strongly the emotion shows; may be keyed",
        default=INTENSITY,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        override=KEPT,
    )
    jaw: _amount("Jaw", "How far the jaw opens; may be keyed", keyed=True)
    lips: _amount("Lips", "How strongly the lips shape the sounds; may be keyed", keyed=True)
    blinks: _amount("Blinks", "How much the eyes blink; 0 is not at all")
    brows: _amount("Brows", "How much the brows follow the voice; 0 is not at all")
    gaze: _amount("Gaze", "How much the eyes wander; 0 is straight ahead")
    head: _amount("Head", "How much the head moves; 0 is not at all")
    gestures: FloatProperty(
        name="Gestures",
        description="How large the gestures of arms and hands are, on a body; 0 is none",
        default=0.0,
        min=0.0,
        max=1.5,
        subtype="FACTOR",
        options=set(),
        override=KEPT,
    )
    hands: EnumProperty(
        name="Hands", description="Which hands gesture", items=HANDS, default="both", options=set(), override=KEPT
    )
    temperature: _amount("Variety", "How far takes of other seeds differ; 0 is always the likeliest")
    face: PointerProperty(type=MienFace, override=KEPT)
    face_level: FloatProperty(
        name="Level",
        description="How strongly the matched face shows, beside the emotions; may be keyed",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        override=KEPT,
    )
    onset: _seconds("Onset", 0.4, "comes")
    offset: _seconds("Offset", 0.8, "goes")
    sound_guidance: _guidance("Sound Guidance", "the voice")
    emotion_guidance: _guidance("Emotion Guidance", "emotions and a matched face")
    style: StringProperty(
        name="Style",
        description="How clearly is spoken; empty is the engine's default",
        options=set(),
        override=KEPT,
    )
    persona: StringProperty(
        name="Persona",
        description="Somebody in particular, as the backend learnt (mien learn), in the place of a style",
        options=set(),
        override=KEPT,
    )
    lips_model: StringProperty(
        name="Lips",
        description="Lips that the backend's user trained (mien train lips); empty is people's",
        options=set(),
        override=KEPT,
    )
    engine: StringProperty(
        name="Engine",
        description="Which engine of the backend performs; empty is its default",
        options=set(),
        override=KEPT,
    )


CLASSES = (MienFace, MienPerformance)
