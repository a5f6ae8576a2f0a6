# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a speaker: made, named, removed. Where a line is on the timeline is `strip_sync.py`'s."""

import re
from pathlib import Path

import bpy

from ..animation import corrections, fcurves, nla_layers, takes
from . import direction, held_keys, matched_face, sound, strip_sync

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
    asked = speaker.mien
    line = asked.lines.add()
    line.uid, asked.next_line = asked.next_line, asked.next_line + 1
    line.name = f"{DEFAULT_NAME} {line.uid}"
    line.start_frame = start_frame
    line.sound = path
    asked.active_line = len(asked.lines) - 1
    return asked.lines[asked.active_line]


def remove(speaker: bpy.types.Object, line) -> None:
    """Take a line away with its takes and corrections. Raises CurveError, changing nothing, when Blender would
    not let one go."""
    for id_ in takes.driven(speaker):
        for layer in nla_layers.layers(id_):
            if layer.mark.line == line.uid:
                nla_layers.refuse_layer(id_, layer.mark)
    held_keys.release(speaker, line)
    takes.drop_line(speaker, line.uid)
    asked = speaker.mien
    index = next(number for number, each in enumerate(asked.lines) if each.uid == line.uid)
    asked.lines.remove(index)
    _renumber_curves(speaker, index)
    asked.active_line = min(asked.active_line, len(asked.lines) - 1) if len(asked.lines) else 0


def _renumber_curves(speaker: bpy.types.Object, removed: int) -> None:
    """Curves and drivers of a line's own performance name it by its number in the list: those of the removed
    line go, those of later ones move up."""
    data = speaker.animation_data
    if data is None:
        return
    for held in _holders(data):
        for fcurve in list(held):
            found = re.match(r"mien\.lines\[(\d+)\]", fcurve.data_path)
            number = int(found[1]) if found else -1
            if number == removed:
                held.remove(fcurve)
            elif number > removed:
                fcurve.data_path = f"mien.lines[{number - 1}]{fcurve.data_path[found.end() :]}"


def _holders(data) -> list:
    """Every collection of F-curves that animates a datablock; each bag once."""
    used = [(data.action, getattr(data, "action_slot", None))]
    used += [(strip.action, getattr(strip, "action_slot", None)) for track in data.nla_tracks for strip in track.strips]
    bags = {
        action.name_full: fcurves.bag_of(action, slot).fcurves
        for action, slot in used
        if action is not None and action.library is None and (slot is not None or not hasattr(action, "slots"))
    }
    return [data.drivers, *bags.values()]


def renamed(line) -> None:
    """Tracks and actions of the line's takes and corrections bear its name."""
    for take in line.takes:
        takes.renamed(take)
    for id_, layer in corrections.corrected(line.id_data, line):
        nla_layers.rename(layer, corrections.label(line, id_))


def sound_changed(line) -> None:
    """A line that still bears a default name takes the sound's; a strip that plays another sound is let go."""
    if line.sound and re.fullmatch(rf"{DEFAULT_NAME} \d+", line.name):
        line.name = Path(line.sound.replace("\\", "/")).stem or line.name
    strip = strip_sync.strip_of(line)
    if line.strip and (strip is None or strip.sound is None or not sound.same(strip.sound.filepath, line.sound)):
        line.strip = ""
        line.trim_start = line.trim_end = 0.0


def own_changed(line) -> None:
    """A performance of its own begins as the speaker's is."""
    mine, theirs = line.performance, line.id_data.mien.performance
    every = (each.identifier for each in mine.bl_rna.properties)
    names = [name for name in every if name not in ("rna_type", "name", "emotion", "face")]
    if line.own and not direction.worn(mine) and not any(mine.is_property_set(name) for name in names):
        for name in names:
            setattr(mine, name, getattr(theirs, name))
        matched_face.wear(mine, direction.worn(theirs))


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
    """Why the line's sound cannot be used, as a sentence; '' when it can."""
    return "Choose a sound file first" if line is None else sound.refusal(line.sound)
