# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections: a layer of the animator's own keys that adds to the visible take of a line.

It is a track above the takes, as long as the line's longest take, with an action of the animator's. Keys are set in
Blender's tweak mode: the animator keys the value that shows, and the action has the difference. Replacing a take,
choosing another and moving the line do not change it.
"""

import bpy

from . import nla_layers, takes
from .fcurves import CurveError
from .nla_layers import Layer, Mark


def mark_of(line) -> Mark:
    return Mark("correction", line.uid)


def label(line, id_: bpy.types.ID) -> str:
    """The name of a layer of corrections, after 'Mien'."""
    return f"{line.name}, corrections of {id_.name}"


def correction_layers(speaker: bpy.types.Object, line) -> list[tuple[bpy.types.ID, Layer]]:
    """(datablock, layer) of the line's corrections."""
    layers = [(id_, nla_layers.find(id_, mark_of(line))) for id_ in takes.driven(speaker)]
    return [(id_, layer) for id_, layer in layers if layer is not None]


def in_progress(speaker: bpy.types.Object) -> bool:
    """Whether the animator is correcting: a datablock of the speaker is in tweak mode."""
    return any(id_.animation_data is not None and id_.animation_data.use_tweak_mode for id_ in takes.driven(speaker))


def begin(speaker: bpy.types.Object, line) -> None:
    """Enter tweak mode on the line's layers of corrections, which are added where there are none.

    Raises CurveError, changing nothing, where a datablock is locked, linked or in tweak mode.
    """
    spans = [(id_, span) for id_ in takes.driven(speaker) if (span := _span(id_, line)) is not None]
    for id_, _ in spans:
        nla_layers.refuse_layer(id_, mark_of(line))
    for id_, span in spans:
        _enter(id_, fit(id_, line) or _make(id_, line, span))


def end(speaker: bpy.types.Object) -> None:
    """Leave tweak mode."""
    for id_ in takes.driven(speaker):
        if id_.animation_data is not None and id_.animation_data.use_tweak_mode:
            id_.animation_data.use_tweak_mode = False


def clear(speaker: bpy.types.Object, line) -> None:
    """Remove the line's corrections. Raises CurveError, changing nothing, where one is locked."""
    for id_, _ in correction_layers(speaker, line):
        nla_layers.refuse_layer(id_, mark_of(line))
    for id_, _ in correction_layers(speaker, line):
        nla_layers.drop(id_, mark_of(line))


def fit(id_: bpy.types.ID, line) -> Layer | None:
    """Extend the layer, where there is one, to the line's takes; its keys stay where they are."""
    layer, span = nla_layers.find(id_, mark_of(line)), _span(id_, line)
    if layer is None or span is None:
        return layer
    strip = layer.strip
    shift = strip.frame_start - strip.action_frame_start
    first, last = min(span[0], strip.frame_start), max(span[1], strip.frame_end)
    strip.action.frame_start, strip.action.frame_end = first - shift, last - shift
    strip.action_frame_start, strip.action_frame_end = first - shift, last - shift
    nla_layers.set_span(strip, first, last)
    return layer


def _span(id_: bpy.types.ID, line) -> tuple[float, float] | None:
    """The first and last frame of the line's takes on a datablock, None where it has none."""
    strips = [
        layer.strip for layer in nla_layers.layers(id_) if layer.mark.role == "take" and layer.mark.line == line.uid
    ]
    if not strips:
        return None
    return min(strip.frame_start for strip in strips), max(strip.frame_end for strip in strips)


def _make(id_: bpy.types.ID, line, span: tuple[float, float]) -> Layer:
    # ADD to the take; quaternions cannot be added, COMBINE multiplies them
    blend = "COMBINE" if getattr(id_, "rotation_mode", "") == "QUATERNION" else "ADD"
    return nla_layers.put(id_, mark_of(line), [], label(line, id_), "{}", span, blend=blend)


def _enter(id_: bpy.types.ID, layer: Layer) -> None:
    """Enter tweak mode, which Blender does on the selected strip of the active track. Raises CurveError."""
    data = id_.animation_data
    for track in data.nla_tracks:
        track.select = track == layer.track
        for strip in track.strips:
            strip.select = strip == layer.strip
    data.nla_tracks.active = layer.track
    data.use_tweak_mode = True
    if not data.use_tweak_mode:
        raise CurveError(f"Blender would not let '{id_.name}' be corrected; leave the NLA's solo and locks first.")
