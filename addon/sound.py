# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's exact frame rate, and the voice as a strip of its sequencer."""

from fractions import Fraction
from pathlib import Path

import bpy

SPEAKER = "mien_speaker"  # custom property of a strip that Mien placed: whose voice it is


class SoundError(Exception):
    """The sound cannot be used; the message says why."""


def scene_fps(scene: bpy.types.Scene) -> Fraction:
    """fps / fps_base exactly: 30 and 1.001 are 30000/1001. Blender stores the base as a float32, so it is
    read to six
    digits, which is what its file and its presets mean."""
    return Fraction(scene.render.fps) / Fraction(f"{scene.render.fps_base:.6f}")


def absolute(path: str) -> Path:
    """A path as the animator wrote it ('//voice.wav' is beside the .blend) as an absolute one."""
    return Path(bpy.path.abspath(path)).absolute()


def refusal(path: str) -> str:
    """Why a sound file cannot be used, as a sentence; '' when it can."""
    if not path.strip():
        return "Choose a sound file first"
    if path.startswith("//") and not bpy.data.filepath:
        return "The sound's path starts at a .blend that was never saved: save it, or choose the sound again"
    file = absolute(path)
    if not file.is_file():
        return f"There is no sound file '{file}'"
    return ""


def strips_of(scene: bpy.types.Scene):
    """The sequencer's strips: `strips` from 4.4 on (the only name in 5.0), `sequences` before. Made if not
    there."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def place(scene: bpy.types.Scene, speaker: str, path: Path, frame: int) -> str:
    """The sound at `frame`: a strip of the same file that starts there already is used as it is; else
    Mien's former
    strip for this speaker, and only that, makes room for a new one. Returns the strip's name. Raises
    SoundError."""
    strips = strips_of(scene)
    for strip in strips:
        if strip.type == "SOUND" and round(strip.frame_start) == frame and _plays(strip, path):
            return strip.name
    try:
        length = _frames(path, scene)
        own = [strip for strip in strips if strip.type == "SOUND" and strip.get(SPEAKER) == speaker]
        channel = _free_channel([strip for strip in strips if strip not in own], frame, frame + length)
        made = strips.new_sound(name=path.stem, filepath=str(path), channel=channel, frame_start=frame)
    except RuntimeError as error:
        raise SoundError(f"The sound could not be put in the sequencer: {error}") from None
    made[SPEAKER] = speaker
    for strip in own:
        strips.remove(strip)
    return made.name


def _plays(strip, path: Path) -> bool:
    sound = strip.sound
    return sound is not None and absolute(sound.filepath) == path


def _frames(path: Path, scene: bpy.types.Scene) -> int:
    """Frames the sound covers in the scene, at least 1; what is free for it must be known before it is
    placed."""
    import aud  # not in every bpy module: a build without audio has none

    sound = aud.Sound(str(path))
    rate = sound.specs[0]
    seconds = Fraction(sound.length) / Fraction(rate) if rate else Fraction(0)
    return max(1, int(seconds * scene_fps(scene)) + 1)


def _free_channel(strips: list, first: int, last: int) -> int:
    taken = {
        strip.channel for strip in strips if strip.frame_final_start < last and strip.frame_final_end > first
    }
    return next(channel for channel in range(1, 129) if channel not in taken or channel == 128)
