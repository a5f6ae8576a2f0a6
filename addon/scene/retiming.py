# SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of a retimed sound strip: which second of its sound plays at which second of the strip.

Blender's Python has the frame of a retiming key and not the place in the sound that it holds, so that is read from the
key's own memory (`SeqRetimingKey` of DNA_sequence_types.h), and believed only where all keys agree with their frames.
Up to 4.4 sound strips do not show their keys: there the speed is taken to be one, by the strip's length.
"""

import ctypes
import json
import struct
from collections.abc import Sequence

from . import sound

LAYOUTS = (("<d", 12), ("<d", 16), ("<i", 12), ("<i", 8))  # of versions: the key's frame at 0, and its factor's offset
BYTES = 24
_lengths: dict[tuple[str, int, int], float | None] = {}
Map = tuple[tuple[float, float], ...]
"""(second of the strip, second of the sound) of each key, in their order; empty where the strip is not retimed."""


def map_of(strip, scene) -> Map:
    """The map of a strip of this scene. Raises SoundError where it cannot be read."""
    keys = getattr(strip, "retiming_keys", None)
    if keys is None:
        return _even_speed(strip, float(sound.scene_fps(scene)))
    if len(keys) < 2:
        return ()
    fps, start = float(sound.scene_fps(scene)), sound.start_of(strip)
    frames = [key.timeline_frame - start for key in keys]
    factors = _factors([ctypes.string_at(key.as_pointer(), BYTES) for key in keys], frames)
    length = _length_s(strip.sound.filepath) if strip.sound is not None else None
    if factors is None or length is None:
        raise sound.SoundError(
            f"How the strip '{strip.name}' is retimed cannot be read in this Blender: mix it down to a sound file "
            "(Render > Render Audio) and use that."
        )
    content = _frames(length, fps) / fps
    return tuple((frame / fps, factor * content) for frame, factor in zip(frames, factors, strict=True))


def _even_speed(strip, fps: float) -> Map:
    """The map of a strip whose keys are not shown: it is longer or shorter than its sound."""
    length = _length_s(strip.sound.filepath) if strip.sound is not None else None
    if length is None or abs(strip.frame_duration - _frames(length, fps)) <= 1:
        return ()
    return ((0.0, 0.0), (strip.frame_duration / fps, _frames(length, fps) / fps))


def _frames(length_s: float, fps: float) -> int:
    """A strip has whole frames of its sound."""
    return max(1, int(length_s * fps + 1e-6))


def _length_s(path: str) -> float | None:
    """Remembered while the file stays as it is, for strips are compared after every change of the scene."""
    file = sound.absolute(path)
    stat = file.stat() if file.is_file() else None
    stamp = (path, stat.st_mtime_ns if stat else 0, stat.st_size if stat else 0)
    if stamp not in _lengths:
        _lengths[stamp] = sound.length_s(path)
    return _lengths[stamp]


def _factors(keys: Sequence[bytes], frames: Sequence[int]) -> list[float] | None:
    """The share of the sound at each key; None where no layout fits."""
    for frame_format, offset in LAYOUTS:
        places = [struct.unpack_from(frame_format, key)[0] for key in keys]
        factors = [struct.unpack_from("<f", key, offset)[0] for key in keys]
        fits = all(abs(place - frame) <= 1.0 for place, frame in zip(places, frames, strict=True))
        if fits and all(-1e-6 <= factor <= 1 + 1e-6 for factor in factors) and max(factors) > 0:
            return factors
    return None


def to_text(pairs: Map) -> str:
    """JSON for a property of the line, '' for an empty map."""
    return json.dumps([[round(value, 6) for value in pair] for pair in pairs]) if pairs else ""


def from_text(text: str) -> Map:
    """The map that `to_text` wrote; an empty one where that could not be read."""
    pairs = json.loads(text) if text and not text.startswith("!") else ()
    return tuple((float(time), float(place)) for time, place in pairs)
