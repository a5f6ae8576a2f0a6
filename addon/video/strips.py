# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent of the chosen strips of the sequencer, and the movie strip that a film becomes."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ..generation.sent_sound import SentSound
from ..scene import movie_strips, retiming, sound, strip_sync
from ..scene.apply import ApplyError
from ..scene.sound import SoundError, scene_fps, span_of, start_of

TRANSFORM = ("offset_x", "offset_y", "scale_x", "scale_y", "rotation")  # of a strip's picture


@dataclass(frozen=True)
class Dub:
    """What the chosen strips ask for. video: the film's file; voice: what is sent of the sound; begin, end: the part of
    the film, in its own seconds, end None at its end; movie: the name of its strip; frame: where the new strip begins;
    longer: whether the sound goes on after the film."""

    scene: str
    movie: str
    video: Path
    voice: SentSound
    begin: Fraction
    end: Fraction | None
    frame: int
    longer: bool


@dataclass(frozen=True)
class Voice:
    """A sound for a picture to speak, and where it begins in the scene."""

    voice: SentSound
    frame: int


def selected(context: bpy.types.Context, kind: str) -> list[Any]:
    """The selected strips of a type ('MOVIE', 'SOUND') of the sequencer that is edited."""
    strips = sound.strips_of(strip_sync.sequencer_scene(context), make=False) or ()
    return [strip for strip in strips if strip.type == kind and strip.select]


def dub_refusal(context: bpy.types.Context) -> str:
    """Why the selected strips cannot be dubbed, without a full stop; '' when they can."""
    movies, sounds = selected(context, "MOVIE"), selected(context, "SOUND")
    if len(movies) != 1 or len(sounds) != 1:
        return "Select a movie strip, and the one sound strip with what is to be said"
    (first, last), (sound_first, sound_last) = span_of(movies[0]), span_of(sounds[0])
    if sound_first >= last or sound_last <= first:
        return "The two strips do not overlap in time: move the sound to where it is to be said"
    return movie_strips.refusal(movies[0].filepath) or _sound_refusal(sounds[0])


def dub_of(context: bpy.types.Context) -> Dub:
    """What the selected strips ask for. Raises SoundError where they cannot be used."""
    reason = dub_refusal(context)
    if reason:
        raise SoundError(f"{reason}.")
    scene = strip_sync.sequencer_scene(context)
    (movie,), (voice,) = selected(context, "MOVIE"), selected(context, "SOUND")
    (first, last), (sound_first, sound_last) = span_of(movie), span_of(voice)
    frame = max(first, sound_first)
    # a movie strip plays the film's pictures one by one, whatever the scene's rate
    fps = Fraction(f"{movie.fps:.6f}") if movie.fps > 0 else scene_fps(scene)
    fps = scene_fps(scene) if abs(fps - scene_fps(scene)) < Fraction(1, 1000) else fps
    length = movie.content_duration if hasattr(movie, "content_duration") else movie.frame_duration
    end = None if last >= start_of(movie) + length else Fraction(last - start_of(movie)) / fps
    return Dub(
        scene.name,
        movie.name,
        sound.absolute(movie.filepath),
        sent(voice, scene, Fraction(frame - sound_first) / scene_fps(scene)),
        Fraction(frame - start_of(movie)) / fps,
        end,
        frame,
        sound_last > last,
    )


def sent(strip, scene: bpy.types.Scene, later: Fraction = Fraction(0)) -> SentSound:
    """What a sound strip plays, from `later` seconds after its begin on. Raises SoundError."""
    reason = _sound_refusal(strip)
    if reason:
        raise SoundError(f"{reason}.")
    front, end = sound.trim_of(strip, scene)
    return SentSound(
        strip.sound.filepath, front + float(later), end, sound.offset_of(strip), retiming.map_of(strip, scene)
    )


def voice_of(context: bpy.types.Context) -> Voice | None:
    """The one selected sound strip, None where there is another number of them. Raises SoundError."""
    sounds = selected(context, "SOUND")
    if len(sounds) != 1:
        return None
    return Voice(sent(sounds[0], strip_sync.sequencer_scene(context)), span_of(sounds[0])[0])


def _sound_refusal(strip) -> str:
    return sound.refusal(strip.sound.filepath) if strip.sound is not None else f"'{strip.name}' has no sound"


def add_above(scene: bpy.types.Scene, below: str, name: str, path: str, frame: int) -> str:
    """Put the film of a path in the sequencer as a movie strip that begins at `frame`, above the strip `below`, and
    shown as that is; the name of the new strip. Raises ApplyError where Blender cannot read the film."""
    strips = sound.strips_of(scene)
    model = strips.get(below)
    lowest = model.channel + 1 if model is not None else 1
    try:
        new = strips.new_movie(name=name, filepath=path, channel=min(lowest, sound.TOP_CHANNEL), frame_start=frame)
    except RuntimeError as error:
        raise ApplyError(f"Blender did not add the film: {error}") from None
    first, last = span_of(new)
    if not any(picture.orig_width for picture in new.elements):  # of what it cannot read it makes a strip all the same
        strips.remove(new)
        raise ApplyError("Blender cannot read the film, so it was not put in the sequencer.")
    others = [strip for strip in strips if strip != new]
    taken = {strip.channel for strip in others if span_of(strip)[0] < last and span_of(strip)[1] > first}
    new.channel = next((each for each in range(lowest, sound.TOP_CHANNEL) if each not in taken), sound.TOP_CHANNEL)
    if model is not None and model.type == "MOVIE":
        for field in TRANSFORM:
            setattr(new.transform, field, getattr(model.transform, field))
        new.blend_type, new.blend_alpha = model.blend_type, model.blend_alpha
        new.use_flip_x, new.use_flip_y = model.use_flip_x, model.use_flip_y
    for strip in others:
        strip.select = False
    new.select = True
    scene.sequence_editor.active_strip = new
    return new.name


def place_dub(dub: Dub, path: str) -> str:
    """Add the dubbed film of a path to its scene; a sentence for the panel. Raises ApplyError."""
    scene = bpy.data.scenes.get(dub.scene)
    if scene is None:
        raise ApplyError(f"The scene '{dub.scene}' is not there any more.")
    name = add_above(scene, dub.movie, f"{dub.movie} dub", path, dub.frame)
    return f"'{name}' is above '{dub.movie}', from frame {dub.frame}."
