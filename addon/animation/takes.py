# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of a line: seen one at a time, named, deleted."""

import bpy

from . import fcurves, nla_layers, point_cache
from .nla_layers import Mark


def meshes(speaker: bpy.types.Object) -> list[bpy.types.Object]:
    """The speaker's own mesh and its parts; of several that share a mesh the first alone."""
    things = [speaker, *(part.mesh for part in speaker.mien.parts if part.mesh is not None)]
    return list({thing.data: thing for thing in reversed(things)}.values())[::-1]


def driven(speaker: bpy.types.Object) -> list[bpy.types.ID]:
    """The datablocks that a take of this speaker may animate: the shape keys of its meshes, what its head
    turns, the armature of its jaw and eyes. Each once."""
    found = [mesh.data.shape_keys for mesh in meshes(speaker)]
    found += [speaker.mien.head_object, speaker.mien_driving.armature]
    return list(dict.fromkeys(id_ for id_ in found if id_ is not None))


def find(line, uid: int):
    """The take of this uid, None if it is not there (any more)."""
    return next((take for take in line.takes if take.uid == uid), None)


def active(line):
    """The take that is seen, None without one."""
    return line.takes[line.active_take] if 0 <= line.active_take < len(line.takes) else None


def line_of(take):
    return next(line for line in take.id_data.mien.lines if any(each == take for each in line.takes))


def free_seed(line, seed: int) -> int:
    """The first seed from this one on that no take of the line has."""
    taken = {take.seed for take in line.takes}
    while seed in taken:
        seed += 1
    return seed


def choose(line, uid: int) -> None:
    """Let the take of this uid be seen."""
    line.active_take = next(number for number, take in enumerate(line.takes) if take.uid == uid)


def audition(line, context) -> None:
    """Let the active take be seen: its tracks sound, those of the line's other takes are muted."""
    speaker, seen = line.id_data, active(line)
    if seen is None:
        return
    for id_ in driven(speaker):
        for layer in nla_layers.layers(id_):
            if layer.mark.role == "take" and layer.mark.line == line.uid:
                layer.track.mute = layer.mark.take != seen.uid or speaker.mien.baked
    point_cache.show(speaker, Mark("take", line.uid, seen.uid))


def renamed(take) -> None:
    """The take's tracks and actions bear its name and its line's."""
    line = line_of(take)
    named = label(line, take)
    for id_ in driven(take.id_data):
        layer = nla_layers.find(id_, Mark("take", line.uid, take.uid))
        if layer is not None:
            nla_layers.rename(layer, named)


def delete(line, uid: int) -> None:
    """Take a take away with its tracks and actions. Raises CurveError, changing nothing, when one is locked."""
    speaker, mark = line.id_data, Mark("take", line.uid, uid)
    for id_ in driven(speaker):
        nla_layers.refuse_layer(id_, mark)
    for id_ in driven(speaker):
        nla_layers.drop(id_, mark)
    point_cache.remove(speaker, mark)
    index = next(number for number, take in enumerate(line.takes) if take.uid == uid)
    seen = active(line)
    keep = seen.uid if seen is not None and seen.uid != uid else None
    line.takes.remove(index)
    if keep is None:
        line.active_take = max(0, min(index, len(line.takes) - 1))
    else:
        choose(line, keep)
    if not len(line.takes):
        _settle(speaker)


def drop_line(speaker: bpy.types.Object, uid: int) -> None:
    """Take away all that Mien animated for a line."""
    for id_ in driven(speaker):
        for mark in [layer.mark for layer in nla_layers.layers(id_) if layer.mark.line == uid]:
            nla_layers.drop(id_, mark)
    for line in [line for line in speaker.mien.lines if line.uid == uid]:
        for take in line.takes:
            point_cache.remove(speaker, Mark("take", uid, take.uid))
    _settle(speaker)


def _settle(speaker: bpy.types.Object) -> None:
    """Without a take the rest goes too, and what it held is left at rest."""
    for id_ in driven(speaker):
        if any(layer.mark.role == "take" for layer in nla_layers.layers(id_)):
            continue
        layer = nla_layers.find(id_, nla_layers.REST)
        if layer is None:
            continue
        held = [(c.data_path, c.array_index, float(fcurves.keys_of(c)[1][0])) for c in layer.fcurves]
        nla_layers.drop(id_, nla_layers.REST)
        for path, index, value in held:
            _set(id_, path, index, value)


def _set(id_: bpy.types.ID, path: str, index: int, value: float) -> None:
    try:
        old = id_.path_resolve(path)
    except ValueError:  # a key that was deleted meanwhile
        return
    owner, _, name = path.rpartition(".")
    holder = id_.path_resolve(owner) if owner else id_
    if isinstance(old, float):
        setattr(holder, name, value)
    else:
        old[index] = value


def label(line, take) -> str:
    """What the take's actions and tracks are called, after 'Mien'."""
    return f"{line.name}, {take.name}"
