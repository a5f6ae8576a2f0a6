# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's layers in a datablock's NLA: a track with one marked action each, below the animator's active action.

From below: the animator's own tracks; Mien's rest track, with the values between lines; the idle, the motion before,
between and after lines; a track for each take, muted unless it is the visible one; a track of corrections for each
line, which adds to the take beneath. The animator's active action lies above all of them, so that its curves win. A
track is Mien's while its name starts with 'Mien' and its action has a mark; a track that the animator renames belongs
to the animator from then on.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np

from .fcurves import Curve, CurveError, bag_of, fcurves_of, fill, keys_of, refuse, slot_for, unshared

NAME = "Mien"  # prefix of the names of Mien's tracks
FACTS = "mien_take"  # custom property of Mien's actions: JSON on the origin of their curves
ROLE, LINE, TAKE = "mien_role", "mien_line", "mien_take_uid"  # custom properties: the mark
REST_SPAN = (0.0, 1.0)  # frames; the rest extrapolates its values to both sides


@dataclass(frozen=True)
class Mark:
    """Identifies an action of Mien's. role: 'rest', 'idle', 'take', 'correction', 'baked' or 'check'; line and take are
    uids."""

    role: str
    line: int = 0
    take: int = 0


REST, IDLE = Mark("rest"), Mark("idle")


@dataclass(frozen=True, eq=False)
class Layer:
    mark: Mark
    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip

    @property
    def slot(self):
        return getattr(self.strip, "action_slot", None)

    @property
    def fcurves(self) -> list:
        return fcurves_of(self.strip.action, self.slot)


def mark_of(action: bpy.types.Action | None) -> Mark | None:
    if action is None or ROLE not in action:
        return None
    return Mark(action[ROLE], action.get(LINE, 0), action.get(TAKE, 0))


def layers(id_: bpy.types.ID | None) -> Iterator[Layer]:
    """Mien's layers of a datablock, from below."""
    data = id_.animation_data if id_ is not None else None
    for track in data.nla_tracks if data is not None else ():
        if track.name.startswith(NAME):
            for strip in track.strips:
                mark = mark_of(strip.action)
                if mark is not None:
                    yield Layer(mark, track, strip)


def find(id_: bpy.types.ID | None, mark: Mark) -> Layer | None:
    return next((layer for layer in layers(id_) if layer.mark == mark), None)


def refuse_layer(id_: bpy.types.ID, mark: Mark) -> None:
    """Raises CurveError where `put` cannot put this layer on this datablock. Changes nothing."""
    refuse(id_)
    layer = find(id_, mark)
    if layer is not None and layer.track.lock:
        raise CurveError(
            f"The NLA track '{layer.track.name}' of '{id_.name}' is locked; unlock it in the NLA editor first."
        )


def put(
    id_: bpy.types.ID,
    mark: Mark,
    curves: list[Curve],
    name: str,
    facts: str,
    span: tuple[float, float],
    above: bpy.types.NlaTrack | None = None,
    blend: str = "REPLACE",
) -> Layer:
    """Add the layer of this mark with these curves, or replace its curves; the animator's own curves in its action
    stay. A new track goes right above the track `above`, by default on top of all.

    span: the first and last frame of the strip; the action's frames are the scene's. Raises CurveError as
    `refuse_layer` does.
    """
    refuse_layer(id_, mark)
    data = id_.animation_data_create()
    layer, like = find(id_, mark), None
    if layer is not None:
        track, action, like, muted = layer.track, unshared(layer.strip.action), layer.slot, layer.track.mute
        track.strips.remove(layer.strip)
    else:
        track = data.nla_tracks.new(prev=above) if above is not None else data.nla_tracks.new()
        action, muted = bpy.data.actions.new(name), False
    slot = slot_for(action, id_, like)
    fill(bag_of(action, slot), curves)
    track.mute = muted
    action[FACTS] = facts
    return _mark(mark, track, action, slot, name, span, blend)


def adopt(id_: bpy.types.ID, mark: Mark, action: bpy.types.Action, slot, name: str, span: tuple[float, float]) -> Layer:
    """Add an existing action as a new layer on top."""
    track = id_.animation_data_create().nla_tracks.new()
    return _mark(mark, track, action, slot, name, span, "REPLACE")


def _mark(mark: Mark, track, action, slot, name: str, span: tuple[float, float], blend: str) -> Layer:
    track.name, action.name = f"{NAME}: {name}", f"{NAME} {name}"
    action[ROLE], action[LINE], action[TAKE] = mark.role, mark.line, mark.take
    action.use_frame_range = True  # else Blender lets an action without keys start at 1
    action.frame_start, action.frame_end = span
    return Layer(mark, track, _add_strip(track, action, slot, span, blend))


def _add_strip(track, action, slot, span: tuple[float, float], blend: str) -> bpy.types.NlaStrip:
    first, last = span
    strip = track.strips.new(action.name, int(first), action)
    if slot is not None:
        strip.action_slot = slot
    strip.use_sync_length = False  # else leaving tweak mode cuts the strip to the keys
    strip.extrapolation, strip.blend_type = "NOTHING", blend
    strip.action_frame_start, strip.action_frame_end = first, last
    set_span(strip, first, last)
    return strip


def set_span(strip: bpy.types.NlaStrip, first: float, last: float) -> None:
    """Set a strip's ends. Blender refuses a start behind the end, so the order depends on the direction."""
    if first >= strip.frame_end:
        strip.frame_end, strip.frame_start = last, first
    else:
        strip.frame_start, strip.frame_end = first, last


def move(strip: bpy.types.NlaStrip, frames: float) -> None:
    """Move a strip by this many frames."""
    set_span(strip, strip.frame_start + frames, strip.frame_end + frames)


def rename(layer: Layer, name: str) -> None:
    """Set the name of the layer's track and action, after 'Mien'."""
    layer.track.name, layer.strip.action.name = f"{NAME}: {name}", f"{NAME} {name}"


def rest(id_: bpy.types.ID, values: dict[tuple[str, int], float]) -> None:
    """Hold (path, index) -> value between the lines, where the NLA would fall back to the properties' defaults: 1 for
    each shape key in Blender 5.0, no rotation for a rotated head.

    Properties that the animator's own tracks or action animate are left out.
    """
    theirs = animated_by_others(id_)
    layer = find(id_, REST)
    held = {} if layer is None else {(c.data_path, c.array_index): float(keys_of(c)[1][0]) for c in layer.fcurves}
    wanted = {**held, **{key: value for key, value in values.items() if key not in theirs}}
    if wanted == held:
        return
    frame = np.zeros(1, np.float32)
    curves = [Curve(path, index, frame, np.full(1, value, np.float32)) for (path, index), value in wanted.items()]
    rest_layer = put(id_, REST, curves, f"rest of {id_.name}", "{}", REST_SPAN)
    rest_layer.strip.extrapolation = "HOLD"


def drop(id_: bpy.types.ID, mark: Mark) -> None:
    """Remove a layer, and its action unless it has other users. Raises CurveError where the layer is locked."""
    layer = find(id_, mark)
    if layer is None:
        return
    refuse_layer(id_, mark)
    action = layer.strip.action
    id_.animation_data.nla_tracks.remove(layer.track)
    if action.users == 0:
        bpy.data.actions.remove(action)


def below_of(id_: bpy.types.ID, mark: Mark, start: float) -> bpy.types.NlaTrack | None:
    """The track above which an idle, or a take that starts at this frame, belongs; None without any. Lines that start
    later lie higher, so that the end of a line never covers the beginning of the next."""
    below = None
    for layer in layers(id_):
        earlier = layer.mark.role == "take" and mark.role == "take" and start_of(layer) <= start
        if layer.mark.role == "rest" or (layer.mark.role == "idle" and mark.role != "idle") or earlier:
            below = layer.track
    return below


def start_of(layer: Layer) -> float:
    """The scene's frame at which a take begins; its strip may begin earlier, to ease in (`easing.py`)."""
    ease = json.loads(layer.strip.action.get(FACTS, "{}")).get("ease")
    shift = layer.strip.frame_start - layer.strip.action_frame_start
    return layer.strip.frame_start if ease is None else ease[0] + shift


def end_of(layer: Layer) -> float:
    """The scene's frame of a take's last frame; its strip may end later, to ease out."""
    ease = json.loads(layer.strip.action.get(FACTS, "{}")).get("ease")
    shift = layer.strip.frame_start - layer.strip.action_frame_start
    return layer.strip.frame_end if ease is None else ease[1] + shift


def animates(id_: bpy.types.ID) -> bool:
    """Whether the datablock has a layer of a take, an idle, or a character check."""
    return any(layer.mark.role in ("take", "idle", "check") for layer in layers(id_))


def paths(id_: bpy.types.ID) -> set[str]:
    """The data paths that Mien's layers other than the rest animate on this datablock."""
    return {fcurve.data_path for layer in layers(id_) if layer.mark != REST for fcurve in layer.fcurves}


def animated_by_others(id_: bpy.types.ID) -> set[tuple[str, int]]:
    """(path, index) of what the animator's own tracks and action animate."""
    data = id_.animation_data
    if data is None:
        return set()
    others = [] if mark_of(data.action) else fcurves_of(data.action, getattr(data, "action_slot", None))
    own = {layer.strip for layer in layers(id_)}
    for track in data.nla_tracks:
        for strip in track.strips:
            if strip not in own:
                others += fcurves_of(strip.action, getattr(strip, "action_slot", None))
    return {(fcurve.data_path, fcurve.array_index) for fcurve in others}
