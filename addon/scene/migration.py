# SPDX-License-Identifier: GPL-3.0-or-later
"""Migrates files of version 0.1: a speaker's sound and emotion become its first line, and its take, an active action
or a strip on that version's track, becomes the first take of that line.

Linked datablocks are not changed.
"""

import contextlib
import json
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..animation import fcurves, nla_layers, takes
from ..animation.nla_layers import Mark
from . import lines
from .characters import distinct_names
from .direction import EMOTIONS

OLD_TRACK = "Mien lip-sync"
OLD_EMOTIONS = ("neutral", *EMOTIONS)  # in the order of version 0.1's enum
AMOUNTS = ("intensity", "jaw", "lips", "blinks", "brows", "gaze", "head", "style", "engine")


def migrate(speaker: bpy.types.Object) -> bool:
    """Migrate a speaker of version 0.1; False where there was nothing to migrate."""
    stored = _stored(speaker)
    if not stored.get("sound") and not _old_takes(speaker):
        return False
    line = lines.add(speaker, stored.get("sound", ""), int(stored.get("start_frame", 1)))
    line.seed = int(stored.get("seed", 0))
    line.transcript = str(stored.get("transcript", ""))
    performance = speaker.mien.performance
    performance.emotion = OLD_EMOTIONS[int(stored.get("emotion", 0))]
    for name in AMOUNTS:
        if name in stored:
            setattr(performance, name, stored[name])
    for name in ("sound", "start_frame", "emotion"):
        with contextlib.suppress(KeyError):
            del speaker.mien[name]  # or the file would be migrated again
    for id_, action, slot in _old_takes(speaker):
        _adopt(speaker, id_, action, slot)
    return True


def _stored(speaker: bpy.types.Object) -> dict[str, Any]:
    """Values of properties that this version no longer has."""
    if len(speaker.mien.lines):
        return {}
    names = ("sound", "start_frame", "emotion", "seed", "transcript", *AMOUNTS)
    return {name: speaker.mien[name] for name in names if name in speaker.mien}


def _old_takes(speaker: bpy.types.Object) -> list[tuple]:
    """(datablock, action, slot) of the takes of version 0.1."""
    old_takes = []
    for id_ in takes.driven(speaker):
        data = id_.animation_data
        owners = [] if data is None else [data]
        if data is not None:
            owners += [s for track in data.nla_tracks if track.name.startswith(OLD_TRACK) for s in track.strips]
        for owner in owners:
            action = owner.action
            if (
                action is not None
                and nla_layers.FACTS in action
                and nla_layers.ROLE not in action
                and action.library is None
            ):
                old_takes.append((id_, action, getattr(owner, "action_slot", None)))
    return old_takes


def _adopt(speaker: bpy.types.Object, id_: bpy.types.ID, action: bpy.types.Action, slot) -> None:
    """Make the action a layer of the first take; it keeps its curves and the animator's keys."""
    line = lines.active(speaker)
    facts = json.loads(action[nla_layers.FACTS])
    if not len(line.takes):
        take = line.takes.add()
        take.uid, line.next_take = line.next_take, line.next_take + 1
        take.name, take.seed = f"Take {take.uid}", int(facts.get("meta", {}).get("seed", 0))
        take.last_frame = int(action.frame_range[1])
    take = line.takes[0]
    data = id_.animation_data
    if data.action == action:
        data.action = None
    for track in [track for track in data.nla_tracks if any(strip.action == action for strip in track.strips)]:
        if track.name.startswith(OLD_TRACK):
            data.nla_tracks.remove(track)
    first, last = (float(frame) for frame in action.frame_range)
    own = [fcurve for fcurve in fcurves.fcurves_of(action, slot) if fcurves.is_own(fcurve)]
    # A take of version 0.1 ended at rest.
    rest = {(fcurve.data_path, fcurve.array_index): float(fcurves.keys_of(fcurve)[1][-1]) for fcurve in own}
    nla_layers.rest(id_, rest)
    span, mark = (first, max(last, first + 1)), Mark("take", line.uid, take.uid)
    nla_layers.adopt(id_, mark, action, slot, takes.label(line, take), span)


@persistent
def _after_load(*_) -> None:
    for obj in bpy.data.objects:
        if obj.type == "MESH" and obj.library is None and obj.data.library is None:
            migrate(obj)
        if obj.type == "MESH" and obj.library is None and len(obj.mien.parts):
            distinct_names.name_parts(obj)


def register() -> None:
    bpy.app.handlers.load_post.append(_after_load)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_after_load)
