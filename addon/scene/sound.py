# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's exact frame rate; sound files, packed sounds, and sound strips of the sequencer."""

import contextlib
import tempfile
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

try:
    import aud
except ImportError:  # a Blender built without audio
    aud = None

TOP_CHANNEL = 128  # of the sequencer
SPEAKER = "mien_speaker"  # custom property of a strip that Mien added: the speaker's name


class SoundError(Exception):
    """The sound cannot be used; the message says why."""


def scene_fps(scene: bpy.types.Scene) -> Fraction:
    """fps / fps_base as an exact fraction: 30 and 1.001 are 30000/1001. Blender stores the base as a float32, of which
    six digits are exact."""
    return Fraction(scene.render.fps) / Fraction(f"{scene.render.fps_base:.6f}")


def scene_of(line, scene: bpy.types.Scene) -> bpy.types.Scene:
    """The scene whose sequencer has the line's strip; `scene` for a line without one."""
    return (bpy.data.scenes.get(line.scene) if line.strip else None) or scene


def line_fps(line, scene: bpy.types.Scene) -> Fraction:
    """The rate of a line's frames: of the scene of its strip, which may be another than the active `scene`, else of
    `scene`. `line` may be None."""
    return scene_fps(scene if line is None else scene_of(line, scene))


def absolute(path: str) -> Path:
    """The absolute path of a path in Blender's form ('//voice.wav' is beside the .blend)."""
    return Path(bpy.path.abspath(path)).absolute()


def same_file(path: str, other: str) -> bool:
    """Whether two paths in Blender's form lead to one file."""
    return path == other or (bool(path and other) and absolute(path) == absolute(other))


def refusal(path: str) -> str:
    """Why a sound file cannot be used, without a full stop; '' when it can."""
    if not path.strip():
        return "Choose a sound file first"
    if path.startswith("//") and not bpy.data.filepath:
        return "The sound's path starts at a .blend that was never saved: save it, or choose the sound again"
    file = absolute(path)
    if not file.is_file() and find_packed(path) is None:
        return f"There is no sound file '{file}'"
    return ""


def find_packed(path: str) -> bpy.types.Sound | None:
    """The sound of this file that is packed into the .blend, None without one."""
    if not path.strip():
        return None
    file = absolute(path)
    packed = (sound for sound in bpy.data.sounds if sound.packed_file is not None)
    return next((sound for sound in packed if absolute(sound.filepath) == file), None)


@contextlib.contextmanager
def readable(path: str) -> Iterator[Path]:
    """The sound's file for the block: itself, or a temporary copy of the packed one. Raises SoundError."""
    if refusal(path):
        raise SoundError(f"{refusal(path)}.")
    file, packed_sound = absolute(path), find_packed(path)
    if file.is_file() or packed_sound is None:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="mien-sound-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / f"packed{file.suffix}"
        try:
            copy.write_bytes(bytes(packed_sound.packed_file.data))
        except OSError as error:
            raise SoundError(
                f"The packed sound '{file.name}' cannot be written to '{folder}': {error.strerror or error}."
            ) from None
        yield copy


def length_s(path: str) -> float | None:
    """Seconds of a sound; None where this Blender cannot tell."""
    try:
        with readable(path) as file:
            if aud is not None:
                whole = aud.Sound(str(file))
                return whole.length / whole.specs[0] if whole.length > 0 else None
            with wave.open(str(file)) as reader:
                return reader.getnframes() / reader.getframerate()
    except (SoundError, wave.Error, EOFError, OSError, getattr(aud, "error", OSError)):
        return None


def strips_of(scene: bpy.types.Scene, make: bool = True) -> Any:
    """The sequencer's strips (`strips` from 4.4 on, `sequences` before). A scene without a sequencer gets one, or None
    is returned if `make` is false."""
    editor = scene.sequence_editor or (scene.sequence_editor_create() if make else None)
    if editor is None:
        return None
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def nested_strips_of(scene: bpy.types.Scene) -> Any:
    """The same, with those in meta strips; None without a sequencer."""
    editor = scene.sequence_editor
    if editor is None:
        return None
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def add_strip(scene: bpy.types.Scene, speaker: str, path: str, frame: int) -> str:
    """Put a sound in the sequencer at `frame`; returns the name of its strip. Raises SoundError.

    A strip of the same file that starts there is reused; else a new strip replaces the one that was added for this
    speaker before, and no other. `path` is kept in Blender's form.
    """
    strips = strips_of(scene)
    for strip in strips:
        if strip.type == "SOUND" and start_of(strip) == frame and strip.sound and same_file(strip.sound.filepath, path):
            return strip.name
    replaced = [strip for strip in strips if strip.type == "SOUND" and strip.get(SPEAKER) == speaker]
    others = [strip for strip in strips if strip not in replaced]
    above = min(TOP_CHANNEL, max((strip.channel for strip in strips), default=0) + 1)
    file = absolute(path)
    try:
        new = strips.new_sound(name=file.stem, filepath=str(file), channel=above, frame_start=frame)
    except RuntimeError as error:  # a Blender built without audio
        raise SoundError(f"The sound was not put in the sequencer: {error}") from None
    if new.sound is None or new.sound.channels == "INVALID":
        unused = new.sound
        strips.remove(new)
        if unused is not None and unused.users == 0:
            bpy.data.sounds.remove(unused)
        raise SoundError(f"Blender cannot read '{file.name}' as a sound, so it was not put in the sequencer.")
    if new.sound.filepath != path:
        new.sound.filepath = path  # '//voice.wav' stays so
    for strip in replaced:
        strips.remove(strip)
    new.channel = _free_channel(others, *span_of(new))
    new[SPEAKER] = speaker
    return new.name


def start_of(strip) -> int:
    """The scene's frame of second 0 of the strip's sound (5.2 renamed it, and 6.0 drops the old name)."""
    return round(strip.content_start if hasattr(strip, "content_start") else strip.frame_start)


def set_start(strip, frame: int) -> None:
    """Move the strip so that second 0 of its sound is at this frame of the scene."""
    if hasattr(strip, "content_start"):
        strip.content_start = frame
    else:
        strip.frame_start = frame


def trim_of(strip, scene: bpy.types.Scene) -> tuple[float, float]:
    """(seconds of the strip's sound left out in front, second at which the strip ends or 0 where that is the sound's
    end): as the strip plays it, moved and retimed."""
    fps, start, (first, last) = scene_fps(scene), start_of(strip), span_of(strip)
    duration = strip.content_duration if hasattr(strip, "content_duration") else strip.frame_duration
    front = float(Fraction(max(0, first - start)) / fps)
    altered = offset_of(strip) != 0.0 or len(getattr(strip, "retiming_keys", ())) > 1
    end = float(Fraction(last - start) / fps) if altered or last < start + duration else 0.0
    return front, end


def offset_of(strip) -> float:
    """Seconds by which the sound is moved within its strip, as Add > Movie does for a sound that starts late."""
    return round(float(getattr(strip, "sound_offset", 0.0)), 6)


def span_of(strip) -> tuple[int, int]:
    """The first frame of a strip and the one after its last."""
    if hasattr(strip, "left_handle"):
        return strip.left_handle, strip.right_handle
    return strip.frame_final_start, strip.frame_final_end


def _free_channel(strips: list, first: int, last: int) -> int:
    taken = {strip.channel for strip in strips if span_of(strip)[0] < last and span_of(strip)[1] > first}
    return next((channel for channel in range(1, TOP_CHANNEL) if channel not in taken), TOP_CHANNEL)
