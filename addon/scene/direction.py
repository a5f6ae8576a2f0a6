# SPDX-License-Identifier: GPL-3.0-or-later
"""The Direction of a line as JSON, with the animator's curves in it.

Emotion weights, intensity and gains that are keyed or driven are sampled at every frame of the scene while the line's
sound plays, and reduced to the keys that a piecewise linear curve needs. The scene is not changed.
"""

import json
from collections.abc import Callable

import bpy
import numpy as np

from ..animation import fcurves, key_reduction
from ..formats.channels import ARKIT
from ..formats.held_keys import HeldKeys
from .frame_sampling import sampled_frames
from .timeline import transcript

EMOTIONS = ("happy", "angry", "sad", "fear", "disgusted", "surprised", "contempt")  # without neutral
INTENSITY = 0.65  # medium, as the backend's commands have it
GAINS = {"intensity": 1.0, "jaw": 2.0, "lips": 2.0}  # may be keyed like the emotions -> upper limit
NUMBERS = ("blinks", "brows", "gaze", "head", "temperature")
OPTION_DEFAULTS = {"onset": 0.4, "offset": 0.8, "sound_guidance": 1.0, "emotion_guidance": 1.0}  # of the engines
CHOSEN = ("persona", "lips_model")  # of the backend's user, by name
DIGITS = 6  # a float32 slider at 0.65 is 0.6499999761581421
SAME = 0.5 * 10**-DIGITS  # differences up to this are none after rounding


def performance_of(speaker: bpy.types.Object, line):
    """The performance settings of a line: its own or the speaker's. `line` may be None."""
    return line.performance if line is not None and line.own else speaker.mien.performance


def direction(
    speaker: bpy.types.Object,
    line,
    scene: bpy.types.Scene,
    seed: int,
    start_frame: float,
    last_frame: float | None,
    fps: float,
    supports: Callable[[str], bool] = lambda field: True,
) -> str:
    """The Direction of a line, JSON.

    start_frame: the scene's frame of second 0 of the sound that is sent; last_frame: the frame of its end, None where
    it is unknown: then up to the last key or the scene's end. supports: whether the engine supports a field of
    `engines.OPTIONAL_FIELDS`; the others are left out. Raises SoundError for a transcript that cannot be read.
    """
    performance = performance_of(speaker, line)
    cut_s = (start_frame - line.start_frame) / fps if line is not None else 0.0
    optional = {name: value for name, value in optional_fields(performance, line, cut_s).items() if supports(name)}
    limits = {**dict.fromkeys(EMOTIONS, 1.0), **GAINS, **({"face_level": 1.0} if "face" in optional else {})}
    moving = {name: path for name in limits if (path := animated_path(speaker, performance, name)) is not None}
    last = _last(speaker, moving, scene, start_frame) if last_frame is None else last_frame
    frames = np.unique([start_frame, *np.arange(np.ceil(start_frame), np.floor(last) + 1), last])
    samples = _sample(speaker, performance, scene, moving, frames)
    values: dict[str, object] = {}
    for name, limit in limits.items():
        if name in samples:
            values[name] = as_keys((frames - start_frame) / fps, np.clip(samples[name], 0.0, limit))
        else:
            values[name] = round(getattr(performance, name), DIGITS)
    out: dict[str, object] = {"seed": seed}
    out |= {name: round(getattr(performance, name), DIGITS) for name in NUMBERS}
    out["emotion"] = {name: values[name] for name in EMOTIONS if values[name] != 0.0}
    out |= {name: values[name] for name in limits if name not in EMOTIONS}
    out |= optional
    if performance.gestures > 0.0:
        out |= {"gestures": round(performance.gestures, DIGITS), "hands": performance.hands}
    if performance.style.strip():
        out["style"] = performance.style.strip()
    said = transcript.of_line(line) if line is not None else ""
    if said:
        out["transcript"] = said
    return json.dumps(out, sort_keys=True)


def optional_fields(performance, line, cut_s: float = 0.0) -> dict[str, object]:
    """Field -> value of those of `engines.OPTIONAL_FIELDS` that a line requests: a matched face, options that differ
    from the engines' defaults, a persona, a lips model, and held keys. cut_s: seconds of the line's sound that are not
    sent, at its front."""
    fields: dict[str, object] = {}
    face = face_of(performance)
    if face:
        fields["face"] = face
    for name, default in OPTION_DEFAULTS.items():
        value = getattr(performance, name)
        if abs(value - default) > SAME:
            fields[name] = round(value, DIGITS)
    fields |= {name: chosen for name in CHOSEN if (chosen := getattr(performance, name).strip())}
    held = HeldKeys.from_text(line.held).after(cut_s) if line is not None else {}
    if held:
        fields["held"] = held
    return fields


def face_of(performance) -> dict[str, float]:
    """channel -> weight of the matched face of a performance; empty where it has none."""
    return {name: round(weight, DIGITS) for name in ARKIT if (weight := getattr(performance.face, name)) > 0.0}


def as_keys(seconds: np.ndarray, values: np.ndarray) -> float | list[list[float]]:
    """Samples (N,) at seconds (N,) in the form of a Direction: a number where they are constant, else keys
    [[second, value], ...] with linear interpolation between them."""
    if np.ptp(values) <= 2 * SAME:
        return round(float(values[0]), DIGITS)
    indices = key_reduction.keys_to_keep(seconds, values, SAME)
    return [[round(float(seconds[i]), DIGITS), round(float(values[i]), DIGITS)] for i in indices]


def animated_path(speaker: bpy.types.Object, performance, name: str) -> str | None:
    """The data path of a property of a performance, None where neither a curve nor a driver animates it."""
    data, path = speaker.animation_data, performance.path_from_id(name)
    if data is None:
        return None
    strips = [strip for track in data.nla_tracks if not track.mute for strip in track.strips]
    used = [data, *strips]
    if any(_curve(owner, path) is not None for owner in used) or data.drivers.find(path) is not None:
        return path
    return None


def _curve(owner, path: str):
    """The unmuted F-curve of a path in the action of an AnimData or an NLA strip, None without one."""
    curves = fcurves.fcurves_of(owner.action, getattr(owner, "action_slot", None))
    return next((fcurve for fcurve in curves if fcurve.data_path == path and not fcurve.mute), None)


def _sole_curve(speaker: bpy.types.Object, path: str):
    """The F-curve that alone determines the values of a path; None where a driver or the NLA changes them."""
    data = speaker.animation_data
    plain = data.action_influence == 1.0 and data.action_blend_type == "REPLACE" and not data.use_tweak_mode
    in_nla = any(
        _curve(strip, path) is not None for track in data.nla_tracks if not track.mute for strip in track.strips
    )
    return _curve(data, path) if plain and not in_nla and data.drivers.find(path) is None else None


def _last(speaker: bpy.types.Object, moving: dict[str, str], scene: bpy.types.Scene, start: float) -> float:
    """The last frame to sample where the length of the sound is unknown."""
    ends = [float(curve.range()[1]) for path in moving.values() if (curve := _sole_curve(speaker, path)) is not None]
    return max([start, *ends] if ends else [start, float(scene.frame_end)])


def _sample(
    speaker: bpy.types.Object, performance, scene: bpy.types.Scene, moving: dict[str, str], frames: np.ndarray
) -> dict[str, np.ndarray]:
    """name -> (N,) values at frames (N,). A sole F-curve is evaluated directly; values of drivers and of the NLA are
    read from the evaluated scene."""
    curves = {name: _sole_curve(speaker, path) for name, path in moving.items()}
    out = {name: np.array([curve.evaluate(frame) for frame in frames]) for name, curve in curves.items() if curve}
    rest = [name for name in moving if name not in out]
    if rest:
        path, values = performance.path_from_id(), []
        with sampled_frames(scene, frames) as graphs:
            for graph in graphs:
                evaluated = speaker.evaluated_get(graph).path_resolve(path)
                values.append([getattr(evaluated, name) for name in rest])
        out |= dict(zip(rest, np.array(values).T, strict=True))
    return out
