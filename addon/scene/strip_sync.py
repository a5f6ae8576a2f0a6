# SPDX-License-Identifier: GPL-3.0-or-later
"""A line where its strip is: moving the strip moves the takes, and a new start frame moves the strip.

Blender tells nobody that a strip moved, so after each change of the scene the lines that have strips are
compared with them; those that stand still cost a look-up each.
"""

import bpy
from bpy.app.handlers import persistent

from ..animation import nla_layers, point_cache, takes
from . import sound

LINE = "mien_line"  # custom property of a strip: 'object name/uid' of the line it is


def strip_of(line):
    """The strip that the line follows, None without one. A strip that was renamed is known by its mark."""
    scene = bpy.data.scenes.get(line.scene)
    if not line.strip or scene is None:
        return None
    strips = sound.strips_of(scene, make=False)
    strip = strips.get(line.strip) if strips is not None else None
    if strip is not None and strip.type == "SOUND":
        return strip
    mark = _mark(line)
    return next((strip for strip in strips or () if strip.type == "SOUND" and strip.get(LINE) == mark), None)


def follow_strip(line, scene: bpy.types.Scene, name: str) -> None:
    """Let the line follow this strip of this scene."""
    line.scene = scene.name
    line.strip = name
    follow(line)


def strip_chosen(line, context) -> None:
    """The animator chose a strip, or none."""
    if not line.strip:
        return
    if bpy.data.scenes.get(line.scene) is None:
        line.scene = sequencer_scene(context).name
    strip = strip_of(line)
    if strip is not None:
        strip[LINE] = _mark(line)
        follow(line)


def sequencer_scene(context) -> bpy.types.Scene:
    """The scene whose sequencer is edited: from 5.0 on a workspace may show another than the active one."""
    return getattr(getattr(context, "workspace", None), "sequencer_scene", None) or context.scene


def follow(line) -> None:
    """Bring the line, its takes and corrections to where its strip is now."""
    strip = strip_of(line)
    if strip is None:
        return
    if strip.name != line.strip:
        line.strip = strip.name
    start, trim = sound.start_of(strip), sound.trim_of(strip, bpy.data.scenes[line.scene])
    if (line.trim_start, line.trim_end) != trim:
        line.trim_start, line.trim_end = trim
    path = strip.sound.filepath if strip.sound is not None else ""
    written_anew = path.startswith("//") and not line.sound.startswith("//")
    if path and line.sound != path and (written_anew or not sound.same(line.sound, path)):
        line.sound = path
    if line.start_frame != start:
        line.start_frame = start
    elif line.followed != start:
        start_changed(line, None)


def start_changed(line, context) -> None:
    """The line's start was set: the takes move, and so does the strip."""
    strip = strip_of(line)
    if strip is not None and sound.start_of(strip) != line.start_frame:
        sound.set_start(strip, line.start_frame)
    shift = line.start_frame - line.followed
    line.followed = line.start_frame
    if shift:
        for id_ in takes.driven(line.id_data):
            for layer in nla_layers.layers(id_):
                if layer.mark.line == line.uid and layer.mark.role != "baked":
                    nla_layers.move(layer.strip, shift)
        point_cache.move(line.id_data, line.uid, shift)
        for take in line.takes:
            take.last_frame += shift


def follow_all() -> None:
    """Every line of every speaker that can be edited."""
    for thing in bpy.data.objects:
        if thing.type == "MESH" and thing.library is None and len(thing.mien.lines):
            for line in thing.mien.lines:
                if line.strip:
                    follow(line)


def _mark(line) -> str:
    return f"{line.id_data.name}/{line.uid}"


@persistent
def _after_change(scene, graph=None) -> None:
    """A strip belongs to its scene: while only objects change, as in most of an animator's work, nobody is asked."""
    if graph is None or any(isinstance(update.id, bpy.types.Scene) for update in graph.updates):
        follow_all()


@persistent
def _after_load(*_) -> None:
    follow_all()


# An undo step is written before the handler has moved the takes, so undo and redo may bring back a strip alone
EVENTS = (
    ("depsgraph_update_post", _after_change),
    ("load_post", _after_load),
    ("undo_post", _after_load),
    ("redo_post", _after_load),
)


def register() -> None:
    for name, handler in EVENTS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in EVENTS:
        getattr(bpy.app.handlers, name).remove(handler)
