# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of version 0.1: the sound and the emotion that a speaker had become its first line, and the take that was
its active action, or on a track of that version's, becomes that line's first take.

Nothing is changed in what is linked from another file.
"""

import contextlib
import json

import bpy
from bpy.app.handlers import persistent

from ..animation import fcurves, nla_layers, takes
from ..animation.nla_layers import Mark
from . import lines
from .direction import EMOTIONS

OLD_TRACK = "Mien lip-sync"
OLD_EMOTIONS = ("neutral", *EMOTIONS)  # in the order of the old enum
AMOUNTS = ("intensity", "jaw", "lips", "blinks", "brows", "gaze", "head", "style", "engine")


def renew(speaker: bpy.types.Object) -> bool:
    """Bring a speaker of version 0.1 up to date; whether there was anything to do."""
    old = _stored(speaker)
    if not old.get("sound") and not _old_takes(speaker):
        return False
    line = lines.add(speaker, old.get("sound", ""), int(old.get("start_frame", 1)))
    line.seed = int(old.get("seed", 0))
    line.transcript = str(old.get("transcript", ""))
    asked = speaker.mien.performance
    asked.emotion = OLD_EMOTIONS[int(old.get("emotion", 0))]
    for name in AMOUNTS:
        if name in old:
            setattr(asked, name, old[name])
    for name in ("sound", "start_frame", "emotion"):
        with contextlib.suppress(KeyError):
            del speaker.mien[name]  # or the file would be taken for an old one again
    for id_, action, slot in _old_takes(speaker):
        _adopt(speaker, id_, action, slot)
    return True


def _stored(speaker: bpy.types.Object) -> dict[str, object]:
    """What the file holds of properties that this version no longer has."""
    if len(speaker.mien.lines):
        return {}
    names = ("sound", "start_frame", "emotion", "seed", "transcript", *AMOUNTS)
    return {name: speaker.mien[name] for name in names if name in speaker.mien}


def _old_takes(speaker: bpy.types.Object) -> list[tuple]:
    """(datablock, action, slot) of takes as version 0.1 put them."""
    found = []
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
                found.append((id_, action, getattr(owner, "action_slot", None)))
    return found


def _adopt(speaker: bpy.types.Object, id_: bpy.types.ID, action: bpy.types.Action, slot) -> None:
    """The old action as the first take's layer; it keeps its curves and whatever the animator keyed in it."""
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
    put = []
    for fcurve in fcurves.fcurves_of(action, slot):
        if fcurves.is_own(fcurve):
            put.append(fcurves.Curve(fcurve.data_path, fcurve.array_index, *fcurves.keys_of(fcurve)))
    rest = {(curve.path, curve.index): float(curve.values[-1]) for curve in put}  # an old take ended on its rest
    nla_layers.rest(id_, rest)
    span, mark = (first, max(last, first + 1)), Mark("take", line.uid, take.uid)
    nla_layers.adopt(id_, mark, action, slot, takes.label(line, take), span)


@persistent
def _after_load(*_) -> None:
    for thing in bpy.data.objects:
        if thing.type == "MESH" and thing.library is None and thing.data.library is None:
            renew(thing)


def register() -> None:
    bpy.app.handlers.load_post.append(_after_load)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_after_load)
