# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators of films that the backend makes: a dubbed strip, a picture that speaks."""

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from ...generation.runner import runner
from ...generation.sent_sound import SentSound
from ...scene import lines, sound, strip_sync
from ...scene.apply import ApplyError
from ...scene.direction import EMOTIONS, INTENSITY
from ...scene.sound import SoundError
from ...scene.speakers import speaker_of
from ...video import consent, picture_plane, requests, strips
from ...video.film_job import FilmJob
from ...video.run import Place, run
from ..backend_panel import address_refusal
from ..disabled_reason import DisabledReason


def film_refusal(context) -> str:
    """Why no film can be made now, without a full stop; '' when one can."""
    if run.running:
        return f"Already making a film of '{run.name}'; wait for it or cancel it"
    return address_refusal(context)


class _FilmOperator(DisabledReason):
    """What dub and portrait share: the statement of consent, the label, and how the film is waited for."""

    bl_options = {"REGISTER"}  # the undo step is pushed when the film is added
    in_window: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    label: BoolProperty(name="Visible Label", description="A visible line in the frames that says what the film is")
    consent: StringProperty(
        name="Who Agreed",
        description="Who of those shown agreed to this film, and when. It is kept in this file, and written into the "
        "film with what made it (Content Credentials)",
        options={"SKIP_SAVE"},
    )

    def draw_consent(self, layout) -> None:
        row = layout.row()
        row.alert = bool(consent.refusal(self.consent))
        row.label(text="Who agreed to this film, and when?")
        layout.row().prop(self, "consent", text="")

    def make(self, context, job: FilmJob, name: str, place: Place):
        """In the background from a window; before it returns from a script."""
        if self.in_window:
            run.begin(job, name, place, runner.local)
            return {"FINISHED"}
        error = run.run(job, name, place, runner.local)
        self.report({"ERROR"} if error else {"INFO"}, error or run.note)
        return {"CANCELLED"} if error else {"FINISHED"}

    def refuse(self, sentence: str):
        self.report({"ERROR"}, sentence)
        return {"CANCELLED"}


class MIEN_OT_dub(_FilmOperator, bpy.types.Operator):
    """Make the person of the selected movie strip say what the selected sound strip has: a new movie strip above it"""

    bl_idname = "mien.dub"
    bl_label = "Dub"

    strength: FloatProperty(
        name="Movement", description="Gain of the mouth's movement; 1 is as spoken", default=1.0, min=0.0, max=2.0
    )
    opening: FloatProperty(
        name="Opening", description="Gain of the opening of lips and jaw; 1 is as spoken", default=1.0, min=0.0, max=2.0
    )
    keep_pauses: BoolProperty(
        name="Keep Pauses", description="Where both old and new speech pause, keep the film's own frames"
    )
    when_longer: EnumProperty(
        name="After the Film",
        description="What the frames do where the sound is longer than the film",
        items=[
            ("stop", "Stop", "End with the film"),
            ("hold", "Hold", "Hold the last frame"),
            ("loop", "To and Fro", "Play the stillest moment to and fro"),
        ],
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        return film_refusal(context) or strips.dub_refusal(context)

    def invoke(self, context, event):
        self.in_window = True
        self.consent = consent.recall(str(strips.dub_of(context).video))
        return context.window_manager.invoke_props_dialog(self, width=360)

    def draw(self, context):
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        column = layout.column(align=True)
        column.prop(self, "strength")
        column.prop(self, "opening")
        layout.prop(self, "keep_pauses")
        if not strips.dub_refusal(context) and strips.dub_of(context).longer:
            layout.prop(self, "when_longer")
        layout.prop(self, "label")
        self.draw_consent(layout)

    def execute(self, context):
        try:
            dub = strips.dub_of(context)
            words = self.consent or consent.recall(str(dub.video))
            if consent.refusal(words):
                return self.refuse(f"{consent.refusal(words)}.")
            job = requests.dub_job(context, dub, self.requested(), words)
        except SoundError as error:
            return self.refuse(str(error))
        consent.remember(bpy.data.scenes[dub.scene], str(dub.video), words)
        return self.make(context, job, dub.movie, lambda path: strips.place_dub(dub, path))

    def requested(self) -> dict[str, Any]:
        """By the backend's names."""
        return {
            "strength": round(self.strength, 4),
            "opening": round(self.opening, 4),
            "keep_pauses": self.keep_pauses,
            "when_longer": self.when_longer,
            "label": self.label,
        }


class _PictureOperator(_FilmOperator, ImportHelper):
    """What pictures that speak share. make: by the backend's name."""

    make_what = "portrait"
    filename_ext = ""
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    place: EnumProperty(
        name="As",
        description="What the film becomes in this file",
        items=[
            ("STRIP", "Movie Strip", "In the sequencer, above its sound"),
            ("PLANE", "Plane", "A plane at the 3D cursor"),
        ],
    )
    emotion: EnumProperty(
        name="Emotion",
        description="With which emotion it is said",
        items=[(name, name.capitalize(), "") for name in ("neutral", *EMOTIONS)],
    )
    intensity: FloatProperty(
        name="Intensity", description="How strong the emotion is", default=INTENSITY, min=0.0, max=1.0, subtype="FACTOR"
    )
    seed: IntProperty(name="Seed", description="Another seed is another performance", min=0)
    renderer: EnumProperty(
        name="Renderer",
        description="What draws the moving face",
        items=[
            ("warp", "Warp", "The photo's own pixels, warped"),
            ("tps", "Motion Model", "The networks that the backend's user imported; slow without a graphics card"),
        ],
    )

    @classmethod
    def disabled_reason(cls, context) -> str:
        reason = film_refusal(context)
        if not reason and len(strips.selected(context, "SOUND")) != 1 and not _speaker_sound(context):
            return "Select one sound strip in the sequencer, or a speaker with a sound"
        return reason

    def draw(self, context):
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        layout.prop(self, "place", expand=True)
        layout.prop(self, "emotion")
        row = layout.row()
        row.active = self.emotion != "neutral"
        row.prop(self, "intensity")
        layout.prop(self, "seed")
        self.draw_own(layout)
        layout.prop(self, "renderer")
        layout.prop(self, "label")
        self.draw_consent(layout)

    def invoke(self, context, event):
        self.in_window = True
        return super().invoke(context, event)

    def execute(self, context):
        photo = sound.absolute(self.filepath)
        if not photo.is_file():
            return self.refuse(f"There is no photo '{photo}'; choose one.")
        words = self.consent or consent.recall(str(photo))
        if consent.refusal(words):
            return self.refuse(f"{consent.refusal(words)}. The field is beside the list of files.")
        scene = strip_sync.sequencer_scene(context) if self.place == "STRIP" else context.scene
        try:
            voice = strips.voice_of(context) or _voice_of_speaker(context)
            job = requests.portrait_job(context, photo, voice, self.requested(), words, self.make_what)
        except SoundError as error:
            return self.refuse(str(error))
        consent.remember(scene, str(photo), words)
        below = next((strip.name for strip in strips.selected(context, "SOUND")), "")
        as_plane, scene_name, name = self.place == "PLANE", scene.name, photo.stem
        return self.make(
            context, job, name, lambda path: place_portrait(scene_name, name, path, voice.frame, as_plane, below)
        )

    def requested(self) -> dict[str, Any]:
        """By the backend's names."""
        direction: dict[str, Any] = {"seed": self.seed}
        if self.emotion != "neutral":
            direction |= {"emotion": {self.emotion: 1.0}, "intensity": round(self.intensity, 4)}
        drawn = {} if self.renderer == "warp" else {"renderer": self.renderer}
        return {"direction": direction, "label": self.label, **drawn, **self.requested_own()}


class MIEN_OT_portrait(_PictureOperator, bpy.types.Operator):
    """Make the face of a photo say what the selected sound strip has, or the speaker's sound: a new movie strip, or a
    plane in the scene"""

    bl_idname = "mien.portrait"
    bl_label = "Portrait"
    alpha: BoolProperty(name="Keep Transparency", description="Of the photo; the film is then a larger MOV")

    def draw_own(self, layout) -> None:
        layout.prop(self, "alpha")

    def requested_own(self) -> dict[str, Any]:
        return {"alpha": self.alpha}


class MIEN_OT_talk(_PictureOperator, bpy.types.Operator):
    """Make the person of a half-length photo say what the selected sound strip has, with shoulders, arms and hands: a
    new movie strip, or a plane in the scene"""

    bl_idname = "mien.talk"
    bl_label = "Talk"
    make_what = "talk"
    gestures: FloatProperty(
        name="Gestures", description="How large they are; 0 keeps the body still", default=1.0, min=0.0, max=1.5
    )
    hands: EnumProperty(
        name="Hands",
        description="Which of the person's own hands move",
        items=[(name.lower(), name, "") for name in ("Both", "Left", "Right", "None")],
    )

    def draw_own(self, layout) -> None:
        layout.prop(self, "gestures")
        layout.prop(self, "hands")

    def requested_own(self) -> dict[str, Any]:
        return {"gestures": round(self.gestures, 4), "hands": self.hands}


def place_portrait(scene_name: str, name: str, path: str, frame: int, as_plane: bool, below: str) -> str:
    """Add the film of a picture to its scene; a sentence for the panel. Raises ApplyError."""
    scene = bpy.data.scenes.get(scene_name)
    if scene is None:
        raise ApplyError(f"The scene '{scene_name}' is not there any more.")
    if as_plane:
        return f"'{picture_plane.add_plane(bpy.context, scene, name, path, frame)}' is a plane at the 3D cursor."
    return f"'{strips.add_above(scene, below, name, path, frame)}' is in the sequencer, from frame {frame}."


def _speaker_sound(context) -> str:
    """The sound of the speaker's active line, '' where there is none."""
    speaker = speaker_of(context)
    line = lines.active(speaker) if speaker is not None else None
    return line.sound if line is not None and not sound.refusal(line.sound) else ""


def _voice_of_speaker(context) -> strips.Voice:
    return strips.Voice(SentSound(_speaker_sound(context)), lines.active(speaker_of(context)).start_frame)


class MIEN_OT_cancel_film(DisabledReason, bpy.types.Operator):
    """Stop making the film; nothing is changed"""

    bl_idname = "mien.cancel_film"
    bl_label = "Cancel Film"

    @classmethod
    def disabled_reason(cls, context) -> str:
        return "" if run.running else "No film is being made"

    def execute(self, context):
        run.cancel()
        return {"FINISHED"}


class MIEN_OT_dismiss_film(bpy.types.Operator):
    """Clear the messages on the last film"""

    bl_idname = "mien.dismiss_film"
    bl_label = "Clear Report"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        run.dismiss()
        return {"FINISHED"}


CLASSES = (MIEN_OT_dub, MIEN_OT_portrait, MIEN_OT_talk, MIEN_OT_cancel_film, MIEN_OT_dismiss_film)
