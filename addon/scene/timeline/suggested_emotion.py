# SPDX-License-Identifier: GPL-3.0-or-later
"""What the voice of a line suggests: accepted, it becomes keys of the line's intensity and emotions, as an animator
would set them. It ends with the line: what is before and after it keeps its values."""

from dataclasses import dataclass

import bpy
import numpy as np

from ...animation import fcurves
from .. import sound
from ..direction import EMOTIONS, performance_of

AROUND_S = 0.4  # before and after the line, where the values are those of before again

Keys = tuple[tuple[float, float], ...]


class SuggestionError(Exception):
    """The suggestion cannot be used; the message says why and what to do. The scene is unchanged."""


@dataclass(frozen=True)
class Suggestion:
    """Keys (second of the sound that was sent, value); `cut_s`: seconds of the line's sound before that. `shares`: name
    -> share, the largest first; `doubts`: sentences for the panel."""

    intensity: Keys
    emotions: dict[str, Keys]
    shares: dict[str, float]
    doubts: tuple[str, ...]
    cut_s: float = 0.0

    @classmethod
    def from_reply(cls, reply: dict, cut_s: float) -> "Suggestion":
        """Of the backend's reply. Raises SuggestionError for another one."""
        try:
            intensity = _keys(reply["intensity"])
            emotions = {str(name): _keys(keys) for name, keys in reply["emotions"].items() if name in EMOTIONS}
            shares = {str(name): float(share) for name, share in reply["shares"].items()}
            doubts = tuple(map(str, reply["doubts"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise SuggestionError("The backend's suggestion cannot be read; update the backend.") from None
        if not intensity:
            raise SuggestionError("The backend suggests nothing for this voice.")
        return cls(intensity, emotions, shares, doubts, cut_s)

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest intensity."""
        values = [value for _, value in self.intensity]
        return min(values), max(values)


def _keys(keys: list) -> Keys:
    return tuple((float(second), min(max(float(value), 0.0), 1.0)) for second, value in keys)


def accept(scene: bpy.types.Scene, speaker: bpy.types.Object, line, suggestion: Suggestion, with_emotions: bool) -> str:
    """Key the intensity of a line's performance as suggested; with_emotions: its emotions, too, in place of those that
    are set. Returns a sentence. Raises SuggestionError, CurveError, changing nothing."""
    performance = performance_of(speaker, line)
    wanted = {"intensity": suggestion.intensity}
    if with_emotions:
        nothing = ((suggestion.intensity[0][0], 0.0), (suggestion.intensity[-1][0], 0.0))
        for name in EMOTIONS:
            path = performance.path_from_id(name)
            if name in suggestion.emotions or getattr(performance, name) or _find(speaker, path) is not None:
                wanted[name] = suggestion.emotions.get(name, nothing)
    fcurves.refuse(speaker)
    driven = fcurves.driven_paths(speaker)
    for name in wanted:
        if performance.path_from_id(name) in driven:
            raise SuggestionError(f"{name.capitalize()} has a driver; remove it first to key it.")
    fps = float(sound.line_fps(line, scene))
    begin = line.start_frame + suggestion.cut_s * fps
    for name, keys in wanted.items():
        path = performance.path_from_id(name)
        fcurve = _find(speaker, path)
        before = getattr(performance, name) if fcurve is None else None
        frames = np.round([begin + second * fps for second, _ in keys])
        _put(speaker, path, fcurve, before, frames, [value for _, value in keys], max(1, round(AROUND_S * fps)))
    least, most = suggestion.range
    named = [name for name in suggestion.emotions if with_emotions]
    what = f" and {', '.join(named)}" if named else ""
    return f"Intensity {least:.2f} to {most:.2f}{what} keyed; change or delete the keys as any others."


def _find(speaker: bpy.types.Object, path: str):
    data = speaker.animation_data
    if data is None:
        return None
    curves = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None))
    return next((fcurve for fcurve in curves if fcurve.data_path == path), None)


def _put(speaker, path: str, fcurve, before: float | None, frames: np.ndarray, values: list[float], around: int):
    """Replace the keys from the first of these frames to the last one; `around` frames before and after, the curve, or
    the value `before` where there is none, is as it was."""
    edges = (frames[0] - around, frames[-1] + around)
    kept = [before if fcurve is None else fcurve.evaluate(edge) for edge in edges]
    if fcurve is None:
        fcurve = _bag(speaker).fcurves.new(path, index=0)
    for point in reversed([p for p in fcurve.keyframe_points if edges[0] <= p.co[0] <= edges[1]]):
        fcurve.keyframe_points.remove(point, fast=True)
    keys = dict(zip(frames.tolist(), values, strict=True)) | dict(zip(edges, kept, strict=True))
    for frame in sorted(keys):
        fcurve.keyframe_points.insert(frame, keys[frame], options={"FAST"}).interpolation = "LINEAR"
    fcurve.update()


def _bag(speaker: bpy.types.Object):
    """The owner of curves of the animator's own action, which is made where there is none."""
    data = speaker.animation_data or speaker.animation_data_create()
    if data.action is None:
        data.action = bpy.data.actions.new(f"{speaker.name} performance")
    slot = getattr(data, "action_slot", None)
    if slot is None:
        slot = fcurves.slot_for(data.action, speaker)
        if slot is not None:
            data.action_slot = slot
    return fcurves.bag_of(data.action, slot)
