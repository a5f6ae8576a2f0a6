# SPDX-License-Identifier: GPL-3.0-or-later
"""Held keys: values that the animator keyed on a face or of the head's rotation become part of the direction, so that
an engine generates the rest of a take around them.

The values that show are held, from the first key of an F-curve to its last. These F-curves are muted meanwhile: the
take contains their values.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ..animation import corrections, fcurves, head_rotation, nla_layers, takes
from ..formats.held_keys import HeldKeys
from ..shape_keys import driving, key_table, keys, pose
from ..shape_keys.key_table import Row
from . import direction, sound, speakers
from .frame_sampling import sampled_frames

ANGLES = ("headPitch", "headYaw", "headRoll")  # a Direction's names of the columns of head_rotation


class HoldError(Exception):
    """No keys can be held; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class KeyedCurves:
    """F-curves of one property of a datablock, the channels or angles that it shows, and the scene's frames of their
    first and last keys. obj: the mesh, or the object that turns with the head."""

    obj: bpy.types.Object
    id_: bpy.types.ID
    path: str
    channels: frozenset[str]
    curves: tuple
    first: float
    last: float


def refusal(speaker: bpy.types.Object, line) -> str:
    """Why no keys of this line can be held now, without a full stop; '' when they can."""
    reason = sound.refusal(line.sound if line is not None else "")
    if reason:
        return reason
    if line.held:
        return "Keys are held already; press Release Keys first"
    if corrections.in_progress(speaker):
        return "Press Done Correcting first"
    return speakers.BAKED if speaker.mien.baked else ""


def hold(speaker: bpy.types.Object, line, scene: bpy.types.Scene) -> tuple[str, ...]:
    """Hold the keys of the speaker while the line's sound plays, within the preview range where there is one.

    Returns the channels whose F-curves have keys beyond that range, which are muted as well. Raises HoldError, changing
    nothing.
    """
    if refusal(speaker, line):
        raise HoldError(f"{refusal(speaker, line)}.")
    low, high = _range(line, scene)
    keyed = [entry for mesh in takes.meshes(speaker) for entry in _keyed(speaker, mesh, line)]
    keyed += _keyed_rotation(speaker, line)
    keyed = [entry for entry in keyed if entry.first <= high and entry.last >= low]
    if not keyed:
        within = " within the preview range" if scene.use_preview_range else ""
        raise HoldError(
            f"Neither a shape key of '{speaker.name}' that shows a channel nor its head's rotation is keyed{within} "
            "while the line is heard: key them in an action of your own, or with Correct under Curves."
        )
    spans: dict[str, tuple[float, float]] = {}
    for entry in keyed:
        for name in entry.channels:
            first, last = spans.get(name, (entry.first, entry.last))
            spans[name] = max(low, min(first, entry.first)), min(high, max(last, entry.last))
    curves = _held_curves(speaker, line, scene, keyed, spans)
    for fcurve in (fcurve for entry in keyed for fcurve in entry.curves):
        fcurve.mute = True
    line.held = HeldKeys(curves, tuple(sorted({(entry.id_.name, entry.path) for entry in keyed}))).to_text()
    beyond = {name for entry in keyed if entry.first < low or entry.last > high for name in entry.channels}
    return tuple(sorted(beyond))


def release(speaker: bpy.types.Object, line) -> None:
    """Hold no keys any more: unmute the F-curves that were muted for them."""
    muted = HeldKeys.from_text(line.held).muted
    for id_ in takes.driven(speaker):
        for fcurve, _ in _fcurves(id_, line):
            if (id_.name, fcurve.data_path) in muted:
                fcurve.mute = False
    line.held = ""


def _keyed(speaker: bpy.types.Object, mesh: bpy.types.Object, line) -> Iterator[KeyedCurves]:
    """The keyed F-curves of the mesh's keys that show. Keys of visemes are left out: a direction has channels only."""
    if mesh.data.shape_keys is None:
        return
    id_, rows = mesh.data.shape_keys, _rows(speaker, mesh)
    curves = list(_fcurves(id_, line))
    for row in rows:
        if row.gain and not key_table.visemes_of([row]) and not id_.key_blocks[row.key].mute:
            yield from _of_path(mesh, id_, keys.value_path(row.key), _shown(row, rows), curves)


def _keyed_rotation(speaker: bpy.types.Object, line) -> Iterator[KeyedCurves]:
    """The keyed F-curves of the head's rotation. Before the first take its rest is unknown, and there are none."""
    target = speaker.mien.head_object
    if target is not None and nla_layers.animates(target):
        curves = list(_fcurves(target, line))
        yield from _of_path(target, target, head_rotation.path_of(target), frozenset(ANGLES), curves)


def _of_path(
    obj: bpy.types.Object, id_: bpy.types.ID, path: str, channels: frozenset[str], curves: list
) -> Iterator[KeyedCurves]:
    """The unmuted F-curves with keys, of pairs as `_fcurves` yields, that animate this path."""
    keyed = [
        (fcurve, fcurves.keys_of(fcurve)[0] + shift)
        for fcurve, shift in curves
        if fcurve.data_path == path and not fcurve.mute and len(fcurve.keyframe_points)
    ]
    if keyed:
        first, last = min(frames[0] for _, frames in keyed), max(frames[-1] for _, frames in keyed)
        yield KeyedCurves(obj, id_, path, channels, tuple(fcurve for fcurve, _ in keyed), float(first), float(last))


def _rows(speaker: bpy.types.Object, mesh: bpy.types.Object) -> list[Row]:
    """The usable rows of the mapping table of a mesh of the speaker."""
    blocks = mesh.data.shape_keys.key_blocks
    table = driving.table_of(mesh, mesh != speaker, speaker).rows
    return [row for row in table if row.key in blocks and not key_table.fault(row.source)]


def _shown(row: Row, rows: list[Row]) -> frozenset[str]:
    """The channels that a key shows. A channel with a negative share belongs to it only where no other key shows that
    channel: a blink does not hold the eyes that look down."""
    positive = {name for other in rows for name, share in key_table.terms(other.source) if share > 0.0}
    return frozenset(name for name, share in key_table.terms(row.source) if share > 0.0 or name not in positive)


def _fcurves(id_: bpy.types.ID, line) -> Iterator[tuple]:
    """(F-curve, shift in frames at which it plays) of the animator's action and of the line's corrections."""
    data = id_.animation_data
    if data is not None and nla_layers.mark_of(data.action) is None:
        for fcurve in fcurves.fcurves_of(data.action, getattr(data, "action_slot", None)):
            yield fcurve, 0.0
    layer = nla_layers.find(id_, corrections.mark_of(line))
    for fcurve in layer.fcurves if layer is not None else ():
        yield fcurve, layer.strip.frame_start - layer.strip.action_frame_start


def _range(line, scene: bpy.types.Scene) -> tuple[float, float]:
    """The scene's frames while the line's sound plays, within the preview range where there is one."""
    fps = float(sound.line_fps(line, scene))
    seconds = line.trim_end or sound.length_s(line.sound)
    low = line.start_frame + line.trim_start * fps
    high = np.inf if seconds is None else line.start_frame + seconds * fps
    if scene.use_preview_range:
        low, high = max(low, scene.frame_preview_start), min(high, scene.frame_preview_end)
    return float(low), float(high)


def _held_curves(
    speaker: bpy.types.Object, line, scene, keyed: list[KeyedCurves], spans: dict[str, tuple[float, float]]
) -> dict[str, list[list[list[float]]]]:
    """channel or angle -> its curves, of the values that show within its span."""
    rows_of: dict[bpy.types.Object, list[Row]] = {}
    target = next((entry.obj for entry in keyed if entry.obj == entry.id_), None)
    for mesh in dict.fromkeys(entry.obj for entry in keyed if entry.obj != entry.id_):
        rows = _rows(speaker, mesh)
        # A pose is inverted from all keys that share a channel with a held one.
        involved = key_table.channels_of(
            [row for row in rows if key_table.channels_of([row]) & _held_channels(keyed, mesh)]
        )
        rows_of[mesh] = [row for row in rows if key_table.channels_of([row]) & involved]
    low, high = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    ends = [end for span in spans.values() for end in span]
    frames = np.unique([*ends, *np.arange(np.ceil(low), np.floor(high) + 1)])
    values, turns = _sample(scene, rows_of, target, frames)
    fps = float(sound.line_fps(line, scene))
    shown: dict[str, np.ndarray] = dict(zip(ANGLES, head_rotation.angles(turns).T, strict=True)) if turns else {}
    for mesh, rows in rows_of.items():
        posed = pose.channels(rows, values[mesh])
        shown = {name: posed[name] for name in _held_channels(keyed, mesh)} | shown
    curves = {}
    for name in sorted(shown):
        first, last = spans[name]
        inside = (frames >= first) & (frames <= last)
        curves[name] = [_as_curve((frames[inside] - line.start_frame) / fps, shown[name][inside])]
    return curves


def _held_channels(keyed: list[KeyedCurves], mesh: bpy.types.Object) -> set[str]:
    """The channels that are held on a mesh."""
    return {name for entry in keyed if entry.obj == mesh for name in entry.channels}


def _as_curve(seconds: np.ndarray, values: np.ndarray) -> list[list[float]]:
    """`direction.as_keys`, but with two keys where the values are constant: they say from when to when it is held."""
    curve = direction.as_keys(seconds, values)
    if isinstance(curve, list):
        return curve
    ends = dict.fromkeys(round(float(second), direction.DIGITS) for second in (seconds[0], seconds[-1]))
    return [[second, curve] for second in ends]


def _sample(
    scene: bpy.types.Scene,
    rows_of: dict[bpy.types.Object, list[Row]],
    target: bpy.types.Object | None,
    frames: np.ndarray,
) -> tuple[dict[bpy.types.Object, dict[str, np.ndarray]], list[Matrix]]:
    """(mesh -> key -> (F,) values, F rotations of the target from its rest) that show at frames (F,) of the scene."""
    values = {mesh: {row.key: np.zeros(len(frames)) for row in rows} for mesh, rows in rows_of.items()}
    rotations: list[Matrix] = []
    to_rest = head_rotation.rest_of(target).inverted() if target is not None else None
    with sampled_frames(scene, frames) as graphs:
        for number, graph in enumerate(graphs):
            for mesh, by_key in values.items():
                blocks = mesh.evaluated_get(graph).data.shape_keys.key_blocks
                for key, samples in by_key.items():
                    samples[number] = blocks[key].value
            if target is not None:
                rotations.append(to_rest @ target.evaluated_get(graph).matrix_basis.to_3x3().normalized())
    return values, rotations
