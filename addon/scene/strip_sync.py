# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps lines in step with their strips: moving a strip moves the takes, and a new start frame moves the strip.

Blender has no notification of moved strips, so after each change of the scene every line with a strip is compared with
it, which costs a look-up a line.
"""

import bpy
from bpy.app.handlers import persistent

from ..animation import easing, nla_layers, point_cache, takes
from . import retiming, sound
from .timeline import words

LINE = "mien_line"  # custom property of a strip: 'object name/uid' of its line


def strip_of(line):
    """The strip of a line, in a meta strip, too; None without one. A renamed strip is found by its custom property."""
    scene = bpy.data.scenes.get(line.scene)
    if not line.strip or scene is None:
        return None
    strips = sound.nested_strips_of(scene)
    strip = strips.get(line.strip) if strips is not None else None
    if strip is not None and strip.type == "SOUND":
        return strip
    return _marked(line, strips or ())


def attach_strip(line, scene: bpy.types.Scene, name: str) -> None:
    """Attach the line to this strip of this scene."""
    line.scene = scene.name
    line.strip = name
    sync_line(line)


def on_strip_choice(line, context) -> None:
    """The animator chose a strip of the line, or none."""
    if not line.strip:
        return
    if bpy.data.scenes.get(line.scene) is None:
        line.scene = sequencer_scene(context).name
    strip = strip_of(line)
    if strip is not None:
        strip[LINE] = _mark(line)
        sync_line(line)


def sequencer_scene(context) -> bpy.types.Scene:
    """The scene whose sequencer is edited: from 5.0 on a workspace may have another one than the active scene."""
    return getattr(getattr(context, "workspace", None), "sequencer_scene", None) or context.scene


def sync_line(line) -> None:
    """Move the line, its takes and corrections to its strip's present position, and update its trim and sound."""
    if bpy.data.scenes.get(line.scene) is None:
        _follow_renamed_scene(line)
    strip = strip_of(line)
    if strip is None:
        return
    if strip.name != line.strip:
        line.strip = strip.name
    start, trim = sound.start_of(strip), sound.trim_of(strip, bpy.data.scenes[line.scene])
    if (line.trim_start, line.trim_end) != trim:
        line.trim_start, line.trim_end = trim
    offset, speed = sound.offset_of(strip), _retiming(strip, bpy.data.scenes[line.scene])
    if line.sound_offset != offset:
        line.sound_offset = offset
    if line.retiming != speed:
        line.retiming = speed
    path = strip.sound.filepath if strip.sound is not None else ""
    became_relative = path.startswith("//") and not line.sound.startswith("//")
    if path and line.sound != path and (became_relative or not sound.same_file(line.sound, path)):
        line.sound = path
    if line.start_frame != start:
        line.start_frame = start
    elif line.followed != start:
        on_start_change(line, None)


def _follow_renamed_scene(line) -> None:
    """The scene that has the line's strip now; as it was where none has."""
    for scene in bpy.data.scenes:
        if _marked(line, sound.nested_strips_of(scene) or ()) is not None:
            line.scene = scene.name
            return


def _retiming(strip, scene: bpy.types.Scene) -> str:
    try:
        return retiming.to_text(retiming.map_of(strip, scene))
    except sound.SoundError as error:
        return f"! {error}"  # said when the sound is asked for


def on_start_change(line, context) -> None:
    """The start frame was set: move the takes and the strip."""
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
        easing.fit(takes.driven(line.id_data))
        point_cache.move(line.id_data, line.uid, shift)
        words.move(line, shift)
        for take in line.takes:
            take.last_frame += shift


def sync_all() -> None:
    """Synchronise every line of every speaker that can be edited."""
    for obj in bpy.data.objects:
        if obj.type == "MESH" and obj.library is None and len(obj.mien.lines):
            for line in obj.mien.lines:
                if line.strip:
                    sync_line(line)


def _mark(line) -> str:
    return f"{line.id_data.name}/{line.uid}"


def _marked(line, strips):
    """The strip with the line's mark; else the only one whose mark has the line's uid and an object that there is not
    any more, as that of a renamed speaker."""
    mark, strips = _mark(line), [strip for strip in strips if strip.type == "SOUND" and strip.get(LINE)]
    for strip in strips:
        if strip[LINE] == mark:
            return strip
    lost = [strip for strip in strips if _is_of_nobody(strip[LINE], line.uid)]
    return lost[0] if len(lost) == 1 else None


def _is_of_nobody(mark: str, uid: int) -> bool:
    speaker, _, number = mark.rpartition("/")
    return number == str(uid) and speaker not in bpy.data.objects


@persistent
def _after_change(scene, graph=None) -> None:
    """Strips are part of their scene: updates of objects alone, the most frequent ones, need no comparison."""
    if graph is None or any(isinstance(update.id, bpy.types.Scene) for update in graph.updates):
        sync_all()


@persistent
def _after_load(*_) -> None:
    sync_all()


# Undo steps are written before the handler moves the takes, so undo and redo may restore a strip alone.
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
