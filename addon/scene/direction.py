# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a line's performance as the Direction that the backend reads, with the animator's curves in it.

Weights, intensity and gains that are keyed or driven are sampled at every frame of the scene in which the line
is heard, and thinned where keys between say nothing new. Nothing of the animator's is changed.
"""

import json
from collections.abc import Callable

import bpy
import numpy as np

from ..animation import fcurves, key_reduction
from ..formats.channels import ARKIT
from ..formats.held_keys import HeldKeys

EMOTIONS = ("happy", "angry", "sad", "fear", "disgusted", "surprised", "contempt")  # none of them is neutral
GAINS = {"intensity": 1.0, "jaw": 2.0, "lips": 2.0}  # what may be keyed beside the emotions, and up to what
NUMBERS = ("blinks", "brows", "gaze", "head", "temperature")
FEELING = {"onset": 0.4, "offset": 0.8, "sound_guidance": 1.0, "emotion_guidance": 1.0}  # as engines have them
DIGITS = 6  # a float32 slider at 0.65 is 0.6499999761581421
SAME = 0.5 * 10**-DIGITS  # a key that changes nothing of what is written is none


def of_line(speaker: bpy.types.Object, line):
    """The performance that is asked of a line: its own or the speaker's. `line` may be None."""
    return line.performance if line is not None and line.own else speaker.mien.performance


def direction(
    speaker: bpy.types.Object,
    line,
    scene: bpy.types.Scene,
    seed: int,
    start_frame: float,
    last_frame: float | None,
    fps: float,
    follows: Callable[[str], bool] = lambda field: True,
) -> str:
    """The Direction of a line, JSON. start_frame is second 0 of what is sent; last_frame, where that ends, None if
    nobody can tell: then up to the last key or the scene's end. What only some engines follow (`engines.SPECIAL`) is
    in it where `follows` says so."""
    asked = of_line(speaker, line)
    out: dict[str, object] = {"seed": seed}
    out |= {name: round(getattr(asked, name), DIGITS) for name in NUMBERS}
    face = worn(asked)
    wears = bool(face) and follows("face")
    ceilings = {**dict.fromkeys(EMOTIONS, 1.0), **GAINS, **({"face_level": 1.0} if wears else {})}
    moving = {name: path for name in ceilings if (path := animated(speaker, asked, name)) is not None}
    last = _last(speaker, moving, scene, start_frame) if last_frame is None else last_frame
    frames = np.unique([start_frame, *np.arange(np.ceil(start_frame), np.floor(last) + 1), last])
    sampled = _sample(speaker, asked, scene, moving, frames)
    values: dict[str, object] = {}
    for name, top in ceilings.items():
        if name in sampled:
            values[name] = as_keys((frames - start_frame) / fps, np.clip(sampled[name], 0.0, top))
        else:
            values[name] = round(getattr(asked, name), DIGITS)
    out["emotion"] = {name: values[name] for name in EMOTIONS if values[name] != 0.0}
    out |= {name: values[name] for name in ceilings if name not in EMOTIONS}
    if wears:
        out["face"] = face
    out |= {name: round(getattr(asked, name), DIGITS) for name in apart(asked) if follows(name)}
    held = HeldKeys.from_text(line.held).after((start_frame - line.start_frame) / fps) if line is not None else {}
    if held and follows("held"):
        out["held"] = held
    if asked.style.strip():
        out["style"] = asked.style.strip()
    if line is not None and line.transcript.strip():
        out["transcript"] = line.transcript.strip()
    return json.dumps(out, sort_keys=True)


def worn(asked) -> dict[str, float]:
    """channel -> weight of the matched face that a performance asks for; nothing where it asks for none."""
    return {name: round(weight, DIGITS) for name in ARKIT if (weight := getattr(asked.face, name)) > 0.0}


def apart(asked) -> tuple[str, ...]:
    """Those of FEELING that are asked for otherwise than engines have them."""
    return tuple(name for name, usual in FEELING.items() if abs(getattr(asked, name) - usual) > SAME)


def special(asked, line) -> tuple[str, ...]:
    """The fields of `engines.SPECIAL` that are asked for."""
    face = ("face",) if worn(asked) else ()
    return (*face, *apart(asked), *(("held",) if line is not None and line.held else ()))


def as_keys(seconds: np.ndarray, values: np.ndarray) -> float | list[list[float]]:
    """Samples (N,) at seconds (N,) as a Direction has them: a number where they never change, else the keys
    [[second, value], ...] between which they are straight."""
    if np.ptp(values) <= 2 * SAME:
        return round(float(values[0]), DIGITS)
    indices = key_reduction.kept(seconds, values, SAME)
    return [[round(float(seconds[i]), DIGITS), round(float(values[i]), DIGITS)] for i in indices]


def animated(speaker: bpy.types.Object, asked, name: str) -> str | None:
    """The data path of a property of a performance if a curve or driver moves it, else None."""
    data, path = speaker.animation_data, asked.path_from_id(name)
    if data is None:
        return None
    strips = [strip for track in data.nla_tracks if not track.mute for strip in track.strips]
    used = [data, *strips]
    if any(_curve(each, path) is not None for each in used) or data.drivers.find(path) is not None:
        return path
    return None


def _curve(owner, path: str):
    """The F-curve of a path in the action of an AnimData or an NLA strip."""
    found = fcurves.fcurves_of(owner.action, getattr(owner, "action_slot", None))
    return next((fcurve for fcurve in found if fcurve.data_path == path and not fcurve.mute), None)


def _alone(speaker: bpy.types.Object, path: str):
    """The F-curve that says all about a path, None where a driver or the NLA has a say too."""
    data = speaker.animation_data
    plain = data.action_influence == 1.0 and data.action_blend_type == "REPLACE" and not data.use_tweak_mode
    tracked = any(
        _curve(strip, path) is not None for track in data.nla_tracks if not track.mute for strip in track.strips
    )
    return _curve(data, path) if plain and not tracked and data.drivers.find(path) is None else None


def _last(speaker: bpy.types.Object, moving: dict[str, str], scene: bpy.types.Scene, start: float) -> float:
    ends = [float(curve.range()[1]) for path in moving.values() if (curve := _alone(speaker, path)) is not None]
    return max([start, *ends] if ends else [start, float(scene.frame_end)])


def _sample(
    speaker: bpy.types.Object, asked, scene: bpy.types.Scene, moving: dict[str, str], frames: np.ndarray
) -> dict[str, np.ndarray]:
    """name -> (N,) values at frames (N,). A lone F-curve is worked out; what drivers or the NLA move is read off
    the scene, which is put through the frames for that and back."""
    alone = {name: _alone(speaker, path) for name, path in moving.items()}
    out = {name: np.array([curve.evaluate(frame) for frame in frames]) for name, curve in alone.items() if curve}
    rest = [name for name in moving if name not in out]
    if rest:
        now, between = scene.frame_current, scene.frame_subframe
        read: list[list[float]] = []
        holder = asked.path_from_id()
        try:
            for frame in frames:
                scene.frame_set(int(frame // 1), subframe=float(frame % 1))
                graph = scene.view_layers[0].depsgraph
                seen = speaker.evaluated_get(graph).path_resolve(holder)
                read.append([getattr(seen, name) for name in rest])
        finally:
            scene.frame_set(now, subframe=between)
        out |= dict(zip(rest, np.array(read).T, strict=True))
    return out
