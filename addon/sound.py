# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's exact frame rate, and the voice as a strip of its sequencer."""

from fractions import Fraction
from pathlib import Path

import bpy

TOP_CHANNEL = 128  # of the sequencer
SPEAKER = "mien_speaker"  # custom property of a strip that Mien placed: whose voice it is


class SoundError(Exception):
    """The sound cannot be used; the message says why."""


def scene_fps(scene: bpy.types.Scene) -> Fraction:
    """fps / fps_base exactly: 30 and 1.001 are 30000/1001. Blender stores the base as a float32, so it is
    read to six digits, which is what its file and its presets mean."""
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
    """The sequencer's strips: `strips` from 4.4 on (the only name in
    5.0), `sequences` before. Made if not there."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def place(scene: bpy.types.Scene, speaker: str, path: Path, frame: int) -> str:
    """The sound at `frame`: a strip of the same file that starts there already is used as it is; else
    Mien's former strip for this speaker, and only that, makes room for a new one. Returns the strip's name.
    Raises SoundError."""
    strips = strips_of(scene)
    for strip in strips:
        if strip.type == "SOUND" and start_of(strip) == frame and _plays(strip, path):
            return strip.name
    own = [strip for strip in strips if strip.type == "SOUND" and strip.get(SPEAKER) == speaker]
    others = [strip for strip in strips if strip not in own]
    above = min(TOP_CHANNEL, max((strip.channel for strip in strips), default=0) + 1)
    try:
        made = strips.new_sound(name=path.stem, filepath=str(path), channel=above, frame_start=frame)
    except RuntimeError as error:  # a Blender built without audio
        raise SoundError(f"The sound was not put in the sequencer: {error}") from None
    if made.sound is None or made.sound.channels == "INVALID":
        unused = made.sound
        strips.remove(made)
        if unused is not None and unused.users == 0:
            bpy.data.sounds.remove(unused)
        raise SoundError(f"Blender cannot read '{path.name}' as a sound, so it was not put in the sequencer.")
    for strip in own:
        strips.remove(strip)
    made.channel = _free_channel(others, *span_of(made))
    made[SPEAKER] = speaker
    return made.name


def start_of(strip) -> int:
    """The scene's frame of second 0 of the strip's sound (5.2 renamed it, and 6.0 drops the old name)."""
    return round(strip.content_start if hasattr(strip, "content_start") else strip.frame_start)


def span_of(strip) -> tuple[int, int]:
    """The first frame of a strip and the one after its last."""
    if hasattr(strip, "left_handle"):
        return strip.left_handle, strip.right_handle
    return strip.frame_final_start, strip.frame_final_end


def _plays(strip, path: Path) -> bool:
    return strip.sound is not None and absolute(strip.sound.filepath) == path


def _free_channel(strips: list, first: int, last: int) -> int:
    taken = {strip.channel for strip in strips if span_of(strip)[0] < last and span_of(strip)[1] > first}
    return next((channel for channel in range(1, TOP_CHANNEL) if channel not in taken), TOP_CHANNEL)
