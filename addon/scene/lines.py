# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a speaker: added, renamed, removed. Their place on the timeline is kept by `strip_sync.py`."""

import re
from pathlib import Path

import bpy

from ..animation import corrections, fcurves, nla_layers, takes
from . import direction, held_keys, matched_face, sound, strip_sync
from .characters.distinct_names import distinct
from .timeline import words

DEFAULT_NAME = "Line"


def active(speaker: bpy.types.Object):
    """The line that the panel shows, None without one."""
    lines = speaker.mien.lines
    return lines[min(max(speaker.mien.active_line, 0), len(lines) - 1)] if len(lines) else None


def find(speaker: bpy.types.Object, uid: int):
    """The line of this uid, None if it is not there (any more)."""
    return next((line for line in speaker.mien.lines if line.uid == uid), None)


def add(speaker: bpy.types.Object, path: str = "", start_frame: int = 1):
    """A new line at the end of the list, now the active one."""
    settings = speaker.mien
    line = settings.lines.add()
    line.uid, settings.next_line = settings.next_line, settings.next_line + 1
    line.name = f"{DEFAULT_NAME} {line.uid}"
    line.start_frame = start_frame
    line.sound = path
    settings.active_line = len(settings.lines) - 1
    return settings.lines[settings.active_line]


def remove(speaker: bpy.types.Object, line) -> None:
    """Remove a line with its takes and corrections. Raises CurveError, changing nothing, where Blender would keep
    one of them."""
    for id_ in takes.driven(speaker):
        for layer in nla_layers.layers(id_):
            if layer.mark.line == line.uid:
                nla_layers.refuse_layer(id_, layer.mark)
    held_keys.release(speaker, line)
    words.hide(line)
    takes.drop_line(speaker, line.uid)
    settings = speaker.mien
    index = next(number for number, other in enumerate(settings.lines) if other.uid == line.uid)
    settings.lines.remove(index)
    _renumber_curves(speaker, index)
    settings.active_line = min(settings.active_line, len(settings.lines) - 1) if len(settings.lines) else 0


def _renumber_curves(speaker: bpy.types.Object, removed: int) -> None:
    """Renumber the curves and drivers of lines' own performances, whose data paths have the line's index: those of the
    removed line are deleted."""
    data = speaker.animation_data
    if data is None:
        return
    for curves in _curve_collections(data):
        for fcurve in list(curves):
            match = re.match(r"mien\.lines\[(\d+)\]", fcurve.data_path)
            number = int(match[1]) if match else -1
            if number == removed:
                curves.remove(fcurve)
            elif number > removed:
                fcurve.data_path = f"mien.lines[{number - 1}]{fcurve.data_path[match.end() :]}"


def _curve_collections(data) -> list:
    """Every collection of F-curves that animates a datablock, without repetition."""
    used = [(data.action, getattr(data, "action_slot", None))]
    used += [(strip.action, getattr(strip, "action_slot", None)) for track in data.nla_tracks for strip in track.strips]
    bags = {
        action.name_full: fcurves.bag_of(action, slot).fcurves
        for action, slot in used
        if action is not None and action.library is None and (slot is not None or not hasattr(action, "slots"))
    }
    return [data.drivers, *bags.values()]


def on_rename(line) -> None:
    """Rename the tracks and actions of the line's takes and corrections. Of two lines that share a name the one that
    was renamed gets a number."""
    wanted = distinct(line.name, (other.name for other in line.id_data.mien.lines if other != line))
    if wanted != line.name:
        line.name = wanted  # which calls this again
        return
    for take in line.takes:
        takes.on_take_renamed(take)
    for id_, layer in corrections.correction_layers(line.id_data, line):
        nla_layers.rename(layer, corrections.label(line, id_))


def on_sound_change(line) -> None:
    """Give a line with a default name the sound's name; detach it from a strip that plays another sound."""
    if line.sound and re.fullmatch(rf"{DEFAULT_NAME} \d+", line.name):
        line.name = Path(line.sound.replace("\\", "/")).stem or line.name
    strip = strip_sync.strip_of(line)
    if line.strip and (strip is None or strip.sound is None or not sound.same_file(strip.sound.filepath, line.sound)):
        line.strip = ""
        line.trim_start = line.trim_end = line.sound_offset = 0.0
        line.retiming = ""


def on_own_change(line) -> None:
    """A performance of the line's own starts with the speaker's values."""
    target, source = line.performance, line.id_data.mien.performance
    identifiers = (prop.identifier for prop in target.bl_rna.properties)
    names = [name for name in identifiers if name not in ("rna_type", "name", "emotion", "face")]
    if line.own and not direction.face_of(target) and not any(target.is_property_set(name) for name in names):
        for name in names:
            setattr(target, name, getattr(source, name))
        matched_face.set_face(target, direction.face_of(source))


def sound_of(speaker_settings) -> str:
    line = active(speaker_settings.id_data)
    return line.sound if line is not None else ""


def pick_sound(speaker_settings, path: str) -> None:
    """The sound of the active line; the first one picked makes the first line."""
    speaker = speaker_settings.id_data
    line = active(speaker)
    if line is not None:
        line.sound = path
    elif path:
        add(speaker, path)


def refusal(line) -> str:
    """Why the line's sound cannot be used, without a full stop; '' when it can. `line` may be None."""
    return sound.refusal(line.sound if line is not None else "")
