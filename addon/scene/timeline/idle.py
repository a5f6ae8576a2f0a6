# SPDX-License-Identifier: GPL-3.0-or-later
"""The idle of a speaker: its motion before, between and after its lines. It is one layer beneath all takes, which
ease from it and back to it, and can be switched off."""

import math

import bpy

from ...animation import nla_layers, takes
from ...animation.nla_layers import IDLE
from ...formats.take import Take
from .. import apply, sound

AROUND_S = 1.5  # before the first line and after the last one, where the idle does not span the scene


def span(scene: bpy.types.Scene, speaker: bpy.types.Object) -> tuple[int, int]:
    """The first and the last frame of the idle that the settings ask for: those of the scene, or the speaker's lines
    with some time around them."""
    first, last = scene.frame_start, scene.frame_end
    placed = [line for line in speaker.mien.lines if len(line.takes)]
    if speaker.mien.idle_range == "LINES" and placed:
        around = AROUND_S * float(sound.scene_fps(scene))
        first = math.floor(min(line.start_frame for line in placed) - around)
        last = math.ceil(max(take.last_frame for line in placed for take in line.takes) + around)
    return first, max(last, first + 1)


def put(scene: bpy.types.Scene, speaker: bpy.types.Object, take: Take, start_frame: float) -> str:
    """Put a take of somebody who says nothing beneath the speaker's takes, in place of a former idle, and show it;
    second 0 of it is at start_frame. Returns a sentence. Raises ApplyError before anything is changed."""
    if take.weights is None or take.vertices == len(speaker.data.vertices):
        raise apply.ApplyError(
            f"'{speaker.name}' is moved vertex by vertex, and an idle by named shape keys: bind the mesh first."
        )
    plan = apply.plan(speaker, take, IDLE)
    fps = sound.scene_fps(scene)
    placed = apply.apply_take(speaker, take, plan, start_frame, IDLE, f"idle of {speaker.name}", fps)
    speaker.mien.idle = True
    notes = [note for note in placed.notes if "keys lie between" not in note]
    frames = f"from frame {round(start_frame)} to {placed.last_frame}"
    return " ".join([f"'{speaker.name}' has an idle {frames}, beneath its lines.", *notes])


def strips(speaker: bpy.types.Object) -> list[bpy.types.NlaStrip]:
    """The NLA strips of the idle, one a datablock; none without an idle."""
    layers = [nla_layers.find(id_, IDLE) for id_ in takes.driven(speaker)]
    return [layer.strip for layer in layers if layer is not None]


def remove(speaker: bpy.types.Object) -> None:
    """Remove the idle. Raises CurveError, changing nothing, where Blender would keep a part of it."""
    for id_ in takes.driven(speaker):
        if nla_layers.find(id_, IDLE) is not None:
            nla_layers.refuse_layer(id_, IDLE)
    for id_ in takes.driven(speaker):
        nla_layers.drop(id_, IDLE)
    takes.drop_unused_rest(speaker)
