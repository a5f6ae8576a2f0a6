# SPDX-License-Identifier: GPL-3.0-or-later
"""Held keys: what the animator keyed on a face or of the head's rotation, in an action of their own or as corrections,
becomes part of what is asked, so that the rest of a take is sampled around it.

What is held is what shows, from the first key of an F-curve to its last. These F-curves are muted meanwhile: the take
has their values in it, and outside of their keys it is free.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ..animation import corrections, head_rotation, nla_layers, takes
from ..animation import fcurves as curves
from ..formats.held_keys import HeldKeys
from ..shape_keys import driving, key_table, keys, pose
from ..shape_keys.key_table import Row
from . import direction, sound

ANGLES = ("headPitch", "headYaw", "headRoll")  # as a Direction names the columns of head_rotation


class HoldError(Exception):
    """There is nothing that could be held; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Keyed:
    """F-curves of a value of a datablock, the channels or angles that it shows, and the first and the last of the
    scene's frames at which they have keys. `thing`: the mesh, or what turns with the head."""

    thing: bpy.types.Object
    id_: bpy.types.ID
    path: str
    channels: frozenset[str]
    fcurves: tuple
    first: float
    last: float


def hold(speaker: bpy.types.Object, line, scene: bpy.types.Scene) -> tuple[str, ...]:
    """Hold what is keyed on the speaker while the line is heard, within the preview range where there is one. Channels
    whose curves have keys beyond it, too, where they are muted as well. Raises HoldError, changing nothing."""
    found = [each for thing in takes.meshes(speaker) for each in _keyed(speaker, thing, line)]
    found += _turned(speaker, line)
    low, high = _range(line, scene)
    found = [each for each in found if each.first <= high and each.last >= low]
    if not found:
        within = " within the preview range" if scene.use_preview_range else ""
        raise HoldError(
            f"Neither a shape key of '{speaker.name}' that shows a channel nor its head's rotation is keyed{within} "
            "while the line is heard: key them in an action of your own, or with Correct under Curves."
        )
    spans: dict[str, tuple[float, float]] = {}
    for each in found:
        for name in each.channels:
            first, last = spans.get(name, (each.first, each.last))
            spans[name] = max(low, min(first, each.first)), min(high, max(last, each.last))
    put = _curves(speaker, line, scene, found, spans)
    for fcurve in (fcurve for each in found for fcurve in each.fcurves):
        fcurve.mute = True
    line.held = HeldKeys(put, tuple(sorted({(each.id_.name, each.path) for each in found}))).to_text()
    beyond = {name for each in found if each.first < low or each.last > high for name in each.channels}
    return tuple(sorted(beyond))


def release(speaker: bpy.types.Object, line) -> None:
    """Let the held keys be the animator's own curves again, above the take."""
    muted = HeldKeys.from_text(line.held).muted
    for id_ in takes.driven(speaker):
        for fcurve, _ in _fcurves(id_, line):
            if (id_.name, fcurve.data_path) in muted:
                fcurve.mute = False
    line.held = ""


def _keyed(speaker: bpy.types.Object, thing: bpy.types.Object, line) -> Iterator[Keyed]:
    """Keys of channels with curves that are seen. A mouth is no channel: it is not held."""
    if thing.data.shape_keys is None:
        return
    id_, rows = thing.data.shape_keys, _rows(speaker, thing)
    found = list(_fcurves(id_, line))
    for row in rows:
        if row.gain and not key_table.mouths_of([row]) and not id_.key_blocks[row.key].mute:
            yield from _of_path(thing, id_, keys.value_path(row.key), _shown(row, rows), found)


def _turned(speaker: bpy.types.Object, line) -> Iterator[Keyed]:
    """The head's rotation, if curves of it are seen. Without a take nobody knows yet from where it turns."""
    target = speaker.mien.head_object
    if target is not None and nla_layers.animates(target):
        found = list(_fcurves(target, line))
        yield from _of_path(target, target, head_rotation.path_of(target), frozenset(ANGLES), found)


def _of_path(thing: bpy.types.Object, id_: bpy.types.ID, path: str, channels: frozenset[str], found: list):
    own = [
        (fcurve, curves.keys_of(fcurve)[0] + shift)
        for fcurve, shift in found
        if fcurve.data_path == path and not fcurve.mute and len(fcurve.keyframe_points)
    ]
    if own:
        first, last = min(frames[0] for _, frames in own), max(frames[-1] for _, frames in own)
        yield Keyed(thing, id_, path, channels, tuple(fcurve for fcurve, _ in own), float(first), float(last))


def _rows(speaker: bpy.types.Object, thing: bpy.types.Object) -> list[Row]:
    """The table of a mesh of the speaker, as far as there are keys for it."""
    blocks = thing.data.shape_keys.key_blocks
    table = driving.table_of(thing, part=thing != speaker).rows
    return [row for row in table if row.key in blocks and not key_table.fault(row.source)]


def _shown(row: Row, rows: list[Row]) -> frozenset[str]:
    """The channels of a row. What it takes away belongs to it only where no other key shows that: a blink does not
    hold the eyes that look down."""
    elsewhere = {name for other in rows for name, share in key_table.terms(other.source) if share > 0.0}
    return frozenset(name for name, share in key_table.terms(row.source) if share > 0.0 or name not in elsewhere)


def _fcurves(id_: bpy.types.ID, line) -> Iterator[tuple]:
    """(F-curve, by how many frames it plays later) of the animator's action and the line's corrections."""
    data = id_.animation_data
    if data is not None and nla_layers.mark_of(data.action) is None:
        for fcurve in curves.fcurves_of(data.action, getattr(data, "action_slot", None)):
            yield fcurve, 0.0
    layer = nla_layers.find(id_, corrections.mark_of(line))
    for fcurve in layer.fcurves if layer is not None else ():
        yield fcurve, layer.strip.frame_start - layer.strip.action_frame_start


def _range(line, scene: bpy.types.Scene) -> tuple[float, float]:
    """The scene's frames while the line is heard, within the preview range where there is one."""
    fps = float(sound.scene_fps(scene))
    seconds = line.trim_end or sound.length_s(line.sound)
    low = line.start_frame + line.trim_start * fps
    high = np.inf if seconds is None else line.start_frame + seconds * fps
    if scene.use_preview_range:
        low, high = max(low, scene.frame_preview_start), min(high, scene.frame_preview_end)
    return float(low), float(high)


def _curves(speaker: bpy.types.Object, line, scene, found: list[Keyed], spans: dict[str, tuple[float, float]]):
    """channel or angle -> its curves, of the values that show in its span."""
    wanted: dict[bpy.types.Object, list[Row]] = {}
    target = next((each.thing for each in found if each.thing == each.id_), None)
    for thing in dict.fromkeys(each.thing for each in found if each.thing != each.id_):
        rows = _rows(speaker, thing)
        beside = key_table.channels_of([row for row in rows if key_table.channels_of([row]) & _named(found, thing)])
        wanted[thing] = [row for row in rows if key_table.channels_of([row]) & beside]
    low, high = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    ends = [end for span in spans.values() for end in span]
    frames = np.unique([*ends, *np.arange(np.ceil(low), np.floor(high) + 1)])
    values, turns = _sampled(scene, wanted, target, frames)
    fps = float(sound.scene_fps(scene))
    shown: dict[str, np.ndarray] = dict(zip(ANGLES, head_rotation.angles(turns).T, strict=True)) if turns else {}
    for thing, rows in wanted.items():
        posed = pose.channels(rows, values[thing])
        shown = {name: posed[name] for name in _named(found, thing)} | shown
    put = {}
    for name in sorted(shown):
        first, last = spans[name]
        at = (frames >= first) & (frames <= last)
        put[name] = [_as_curve((frames[at] - line.start_frame) / fps, shown[name][at])]
    return put


def _named(found: list[Keyed], thing: bpy.types.Object) -> set[str]:
    """The channels that are held on a mesh."""
    return {name for each in found if each.thing == thing for name in each.channels}


def _as_curve(seconds: np.ndarray, values: np.ndarray) -> list[list[float]]:
    """As `performance.as_keys`, but a curve also where nothing changes: its ends say how long it is held."""
    out = direction.as_keys(seconds, values)
    if isinstance(out, list):
        return out
    ends = dict.fromkeys(round(float(second), direction.DIGITS) for second in (seconds[0], seconds[-1]))
    return [[second, out] for second in ends]


def _sampled(
    scene: bpy.types.Scene,
    wanted: dict[bpy.types.Object, list[Row]],
    target: bpy.types.Object | None,
    frames: np.ndarray,
) -> tuple[dict[bpy.types.Object, dict[str, np.ndarray]], list[Matrix]]:
    """(mesh -> key -> (F,) values, F rotations of the target from its rest) that show at frames (F,) of the scene,
    which is put through them and back."""
    out = {thing: {row.key: np.zeros(len(frames)) for row in rows} for thing, rows in wanted.items()}
    turns: list[Matrix] = []
    unturned = head_rotation.rest_of(target).inverted() if target is not None else None
    now, between = scene.frame_current, scene.frame_subframe
    try:
        for number, frame in enumerate(frames):
            scene.frame_set(int(frame // 1), subframe=float(frame % 1))
            graph = scene.view_layers[0].depsgraph
            for thing, by_key in out.items():
                blocks = thing.evaluated_get(graph).data.shape_keys.key_blocks
                for key, values in by_key.items():
                    values[number] = blocks[key].value
            if target is not None:
                turns.append(unturned @ target.evaluated_get(graph).matrix_basis.to_3x3().normalized())
    finally:
        scene.frame_set(now, subframe=between)
    return out, turns
