# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's exact frame rate, and the voice: a file, packed into the .blend, or a strip of the sequencer."""

import hashlib
import wave
from fractions import Fraction
from pathlib import Path

import bpy
import numpy as np

try:
    import aud
except ImportError:  # a Blender built without audio
    aud = None

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


def same(path: str, other: str) -> bool:
    """Whether two paths, however they are written, are of one file."""
    return path == other or (bool(path and other) and absolute(path) == absolute(other))


def refusal(path: str) -> str:
    """Why a sound file cannot be used, as a sentence; '' when it can."""
    if not path.strip():
        return "Choose a sound file first"
    if path.startswith("//") and not bpy.data.filepath:
        return "The sound's path starts at a .blend that was never saved: save it, or choose the sound again"
    file = absolute(path)
    if not file.is_file() and packed(path) is None:
        return f"There is no sound file '{file}'"
    return ""


def packed(path: str) -> bpy.types.Sound | None:
    """The sound of this file that is packed into the .blend, None without one."""
    if not path.strip():
        return None
    wanted = absolute(path)
    return next(
        (each for each in bpy.data.sounds if each.packed_file is not None and absolute(each.filepath) == wanted), None
    )


def file_of(path: str) -> Path:
    """The file to read for a path: itself, or where its packed copy was just unpacked to. Raises SoundError."""
    if refusal(path):
        raise SoundError(f"{refusal(path)}.")
    file, inside = absolute(path), packed(path)
    if file.is_file() or inside is None:
        return file
    data = bytes(inside.packed_file.data)
    out = _folder() / f"{hashlib.sha256(data).hexdigest()[:16]}{file.suffix}"
    if not out.is_file():
        _written(out, lambda part: part.write_bytes(data))
    return out


def excerpt(file: Path, first_s: float, last_s: float) -> Path:
    """A WAV file with the seconds first_s to last_s (0 is the end) of a sound file. Raises SoundError."""
    if aud is None:
        raise SoundError("This Blender has no audio library, so a trimmed strip cannot be cut: use a sound file.")
    stamp = f"{file}|{file.stat().st_mtime_ns}|{first_s:.6f}|{last_s:.6f}"
    out = _folder() / f"{file.stem[:40]}_{hashlib.sha256(stamp.encode()).hexdigest()[:16]}.wav"
    if out.is_file():
        return out
    try:
        whole = aud.Sound(str(file))
        rate = int(whole.specs[0])
        samples = whole.limit(first_s, last_s if last_s > 0.0 else -1.0).data()  # (N, channels) float32
    except (aud.error, ValueError) as error:
        raise SoundError(f"Blender cannot cut '{file.name}' as its strip is trimmed: {error}.") from None
    _written(out, lambda path: _write_wav(path, rate, samples))
    return out


def _write_wav(path: Path, rate: int, samples: np.ndarray) -> None:
    """16-bit. By hand: aud's own `write` repeats a block at the end (5.0 and 5.2)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes())


def length_s(path: str) -> float | None:
    """Seconds of a sound file; None where this Blender cannot tell."""
    try:
        file = file_of(path)
        if aud is not None:
            whole = aud.Sound(str(file))
            return whole.length / whole.specs[0] if whole.length > 0 else None
        with wave.open(str(file)) as heard:
            return heard.getnframes() / heard.getframerate()
    except (SoundError, wave.Error, EOFError, OSError, getattr(aud, "error", OSError)):
        return None


def _folder() -> Path:
    folder = Path(bpy.app.tempdir) / "mien-sounds"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(out: Path, write) -> None:
    """Write a file under another name first, so that a half-written one is never taken for whole."""
    part = out.with_name(f"part-{out.name}")
    write(part)
    part.replace(out)


def strips_of(scene: bpy.types.Scene, make: bool = True):
    """The sequencer's strips: `strips` from 4.4 on (the only name in
    5.0), `sequences` before. Made if not there, or None if `make` is false."""
    editor = scene.sequence_editor or (scene.sequence_editor_create() if make else None)
    if editor is None:
        return None
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def place(scene: bpy.types.Scene, speaker: str, path: str, frame: int) -> str:
    """The sound at `frame`, its path as the animator wrote it: a strip of the same file that starts there already is
    used as it is; else Mien's former strip for this speaker, and only that, makes room for a new one. Returns the
    strip's name. Raises SoundError."""
    strips = strips_of(scene)
    for strip in strips:
        if strip.type == "SOUND" and start_of(strip) == frame and strip.sound and same(strip.sound.filepath, path):
            return strip.name
    own = [strip for strip in strips if strip.type == "SOUND" and strip.get(SPEAKER) == speaker]
    others = [strip for strip in strips if strip not in own]
    above = min(TOP_CHANNEL, max((strip.channel for strip in strips), default=0) + 1)
    file = absolute(path)
    try:
        made = strips.new_sound(name=file.stem, filepath=str(file), channel=above, frame_start=frame)
    except RuntimeError as error:  # a Blender built without audio
        raise SoundError(f"The sound was not put in the sequencer: {error}") from None
    if made.sound is None or made.sound.channels == "INVALID":
        unused = made.sound
        strips.remove(made)
        if unused is not None and unused.users == 0:
            bpy.data.sounds.remove(unused)
        raise SoundError(f"Blender cannot read '{file.name}' as a sound, so it was not put in the sequencer.")
    if made.sound.filepath != path:
        made.sound.filepath = path  # '//voice.wav' stays so
    for strip in own:
        strips.remove(strip)
    made.channel = _free_channel(others, *span_of(made))
    made[SPEAKER] = speaker
    return made.name


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
    """(seconds of the sound left out in front, second at which the strip ends or 0 where that is the sound's end)."""
    fps, start, (first, last) = scene_fps(scene), start_of(strip), span_of(strip)
    duration = strip.content_duration if hasattr(strip, "content_duration") else strip.frame_duration
    front = float(Fraction(max(0, first - start)) / fps)
    end = float(Fraction(last - start) / fps) if last < start + duration else 0.0
    return front, end


def span_of(strip) -> tuple[int, int]:
    """The first frame of a strip and the one after its last."""
    if hasattr(strip, "left_handle"):
        return strip.left_handle, strip.right_handle
    return strip.frame_final_start, strip.frame_final_end


def _free_channel(strips: list, first: int, last: int) -> int:
    taken = {strip.channel for strip in strips if span_of(strip)[0] < last and span_of(strip)[1] > first}
    return next((channel for channel in range(1, TOP_CHANNEL) if channel not in taken), TOP_CHANNEL)
