# SPDX-License-Identifier: GPL-3.0-or-later
"""What the animator sets on a speaker, and what the panel shows of a run."""

import json

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

EMOTIONS = ("neutral", "happy", "angry", "sad", "fear", "disgusted", "surprised", "contempt")


def _amount(name: str, description: str):
    return FloatProperty(name=name, description=description, default=1.0, min=0.0, max=2.0, subtype="FACTOR")


class MienSpeaker(bpy.types.PropertyGroup):
    """On every object; of use on the mesh of a face."""

    sound: StringProperty(
        name="Sound",
        description="The recorded voice: wav, flac, ogg, mp3, m4a or a film's sound",
        subtype="FILE_PATH",
    )
    start_frame: IntProperty(
        name="Start Frame", description="The scene's frame at which the sound starts", default=1
    )
    place_sound: BoolProperty(
        name="Sound in Sequencer",
        description="Put the sound in the scene's sequencer at the start frame, unless it is there already",
        default=True,
    )
    emotion: EnumProperty(
        name="Emotion",
        description="What the speaker feels",
        items=[(name, name.capitalize(), "") for name in EMOTIONS],
        default="neutral",
    )
    intensity: FloatProperty(
        name="Intensity",
        description="How strongly the emotion shows",
        default=0.65,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    seed: IntProperty(
        name="Seed",
        description="Another seed is another performance of the same words; the same seed gives the same "
        "one again",
        default=0,
        min=0,
    )
    engine: StringProperty(
        name="Engine", description="Which engine of the backend performs; empty is its default"
    )
    style: StringProperty(name="Style", description="How clearly is spoken; empty is the engine's default")
    transcript: StringProperty(
        name="Transcript",
        description="The words that are spoken, if you have them; they only make the lips more exact",
    )
    jaw: _amount("Jaw", "How far the jaw opens")
    lips: _amount("Lips", "How strongly the lips shape the sounds")
    blinks: _amount("Blinks", "How much the eyes blink; 0 is not at all")
    brows: _amount("Brows", "How much the brows follow the voice; 0 is not at all")
    gaze: _amount("Gaze", "How much the eyes wander; 0 is straight ahead")
    head: _amount("Head", "How much the head moves; 0 is not at all")
    last_frame: IntProperty(options={"HIDDEN"})  # where the latest take ends, 0 without one
    head_object: PointerProperty(
        name="Head Rotation",
        description="The object that turns with the head: an empty to hang a neck on, or the mesh itself",
        type=bpy.types.Object,
    )

    def direction(self) -> str:
        """What is asked of the performance, as the JSON that the backend reads."""
        asked = {
            "emotion": {self.emotion: 1.0},
            "intensity": round(self.intensity, 6),
            "seed": self.seed,
        }
        for name in ("jaw", "lips", "blinks", "brows", "gaze", "head"):
            asked[name] = round(getattr(self, name), 6)  # a float32 slider at 0.65 is 0.6499999761581421
        for name in ("style", "transcript"):
            if getattr(self, name).strip():
                asked[name] = getattr(self, name).strip()
        return json.dumps(asked, sort_keys=True)


class MienRun(bpy.types.PropertyGroup):
    """The panel's view of the run, on the window manager: undo
    leaves that alone, a scene's it would take back."""

    running: BoolProperty()
    speaker: StringProperty()
    stage: StringProperty()
    fraction: FloatProperty()
    error: StringProperty()
    note: StringProperty()
    backend: StringProperty()


CLASSES = (MienSpeaker, MienRun)


def register() -> None:
    bpy.types.Object.mien = PointerProperty(type=MienSpeaker)
    bpy.types.WindowManager.mien_run = PointerProperty(type=MienRun)


def unregister() -> None:
    del bpy.types.WindowManager.mien_run
    del bpy.types.Object.mien
