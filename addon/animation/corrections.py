# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections: a layer of the animator's own keys that adds to whichever take of a line is seen.

It is a track above the takes, as long as the line's longest take, with an action of the animator's. Blender's
tweak mode keys into it: what is keyed is the value that shows, and the action holds the difference. Making
takes anew, choosing another and moving the line leave it alone.
"""

import bpy

from . import nla_layers, takes
from .fcurves import CurveError
from .nla_layers import Layer, Mark


def mark_of(line) -> Mark:
    return Mark("correction", line.uid)


def label(line, id_: bpy.types.ID) -> str:
    """What a layer of corrections is called, after 'Mien'."""
    return f"{line.name}, corrections of {id_.name}"


def corrected(speaker: bpy.types.Object, line) -> list[tuple[bpy.types.ID, Layer]]:
    """The layers of corrections that the line has."""
    found = [(id_, nla_layers.find(id_, mark_of(line))) for id_ in takes.driven(speaker)]
    return [(id_, layer) for id_, layer in found if layer is not None]


def under_way(speaker: bpy.types.Object) -> bool:
    """Whether the animator is correcting: keys go into the layer of corrections."""
    return any(id_.animation_data is not None and id_.animation_data.use_tweak_mode for id_ in takes.driven(speaker))


def begin(speaker: bpy.types.Object, line) -> None:
    """Let keys go into the line's layer of corrections, which is made if it is not there yet.

    Raises CurveError, changing nothing, when Blender would not let it.
    """
    moved = [id_ for id_ in takes.driven(speaker) if _span(id_, line) is not None]
    for id_ in moved:
        nla_layers.refuse_layer(id_, mark_of(line))
    for id_ in moved:
        _enter(id_, fit(id_, line) or _make(id_, line))


def end(speaker: bpy.types.Object) -> None:
    """Keys go where they went before."""
    for id_ in takes.driven(speaker):
        if id_.animation_data is not None and id_.animation_data.use_tweak_mode:
            id_.animation_data.use_tweak_mode = False


def clear(speaker: bpy.types.Object, line) -> None:
    """Take the line's corrections away. Raises CurveError, changing nothing, when one is locked."""
    for id_, _ in corrected(speaker, line):
        nla_layers.refuse_layer(id_, mark_of(line))
    for id_, _ in corrected(speaker, line):
        nla_layers.drop(id_, mark_of(line))


def fit(id_: bpy.types.ID, line) -> Layer | None:
    """Make the layer, if there is one, as long as the line's takes are now; its keys stay where they are."""
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


def _make(id_: bpy.types.ID, line) -> Layer:
    # Added to the take; a quaternion cannot be added to, COMBINE turns it by the correction
    blend = "COMBINE" if getattr(id_, "rotation_mode", "") == "QUATERNION" else "ADD"
    return nla_layers.put(id_, mark_of(line), [], label(line, id_), "{}", _span(id_, line), blend=blend)


def _enter(id_: bpy.types.ID, layer: Layer) -> None:
    """Tweak mode is entered on the selected strip of the active track."""
    data = id_.animation_data
    for track in data.nla_tracks:
        track.select = track == layer.track
        for strip in track.strips:
            strip.select = strip == layer.strip
    data.nla_tracks.active = layer.track
    data.use_tweak_mode = True
    if not data.use_tweak_mode:
        raise CurveError(f"Blender would not let '{id_.name}' be corrected; leave the NLA's solo and locks first.")
