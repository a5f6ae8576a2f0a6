# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of a line: one is active and visible; they are renamed and deleted."""

import bpy

from . import easing, fcurves, nla_layers, point_cache
from .nla_layers import Mark


def meshes(speaker: bpy.types.Object) -> list[bpy.types.Object]:
    """The speaker's own mesh object and its parts; of several objects with one mesh the first alone."""
    objects = [speaker, *(part.mesh for part in speaker.mien.parts if part.mesh is not None)]
    return list({obj.data: obj for obj in reversed(objects)}.values())[::-1]


def driven(speaker: bpy.types.Object) -> list[bpy.types.ID]:
    """The datablocks that a take of this speaker may animate, each once: the shape keys of its meshes, the object that
    its head rotation turns, the armature of its jaw and eyes, eyes that are objects, rigs whose controls are moved."""
    ids = [mesh.data.shape_keys for mesh in meshes(speaker)]
    mapping = speaker.mien_driving
    ids += [speaker.mien.head_object, mapping.armature, mapping.eye_left_object, mapping.eye_right_object]
    ids += [item.owner for item in mapping.control_owners]
    ids.append(speaker.mien.body)
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def find(line, uid: int):
    """The take of this uid, None where the line has none."""
    return next((take for take in line.takes if take.uid == uid), None)


def active(line):
    """The visible take, None without one."""
    return line.takes[line.active_take] if 0 <= line.active_take < len(line.takes) else None


def line_of(take):
    return next(line for line in take.id_data.mien.lines if any(other == take for other in line.takes))


def free_seed(line, seed: int) -> int:
    """The first seed from this one on that no take of the line has."""
    used = {take.seed for take in line.takes if not take.film}
    while seed in used:
        seed += 1
    return seed


def choose(line, uid: int) -> None:
    """Make the take of this uid the active one."""
    line.active_take = next(number for number, take in enumerate(line.takes) if take.uid == uid)


def audition(line, context) -> None:
    """Show the active take: unmute its tracks and mute those of the line's other takes."""
    speaker, visible = line.id_data, active(line)
    if visible is None:
        return
    for id_ in driven(speaker):
        for layer in nla_layers.layers(id_):
            if layer.mark.role == "take" and layer.mark.line == line.uid:
                layer.track.mute = layer.mark.take != visible.uid or speaker.mien.baked
    easing.fit(driven(speaker))
    point_cache.show(speaker, Mark("take", line.uid, visible.uid))


def on_take_renamed(take) -> None:
    """Name the take's tracks and actions after it and its line."""
    line = line_of(take)
    for id_ in driven(take.id_data):
        layer = nla_layers.find(id_, Mark("take", line.uid, take.uid))
        if layer is not None:
            nla_layers.rename(layer, label(line, take))


def delete(line, uid: int) -> None:
    """Remove a take with its tracks and actions. Raises CurveError, changing nothing, where one is locked."""
    speaker, mark = line.id_data, Mark("take", line.uid, uid)
    for id_ in driven(speaker):
        nla_layers.refuse_layer(id_, mark)
    for id_ in driven(speaker):
        nla_layers.drop(id_, mark)
    point_cache.remove(speaker, mark)
    index = next(number for number, take in enumerate(line.takes) if take.uid == uid)
    visible = active(line)
    stays = visible.uid if visible is not None and visible.uid != uid else None
    line.takes.remove(index)
    if stays is None:
        line.active_take = max(0, min(index, len(line.takes) - 1))
    else:
        choose(line, stays)
    if not len(line.takes):
        drop_unused_rest(speaker)
    easing.fit(driven(speaker))


def drop_line(speaker: bpy.types.Object, uid: int) -> None:
    """Remove all layers and caches of a line."""
    for id_ in driven(speaker):
        for mark in [layer.mark for layer in nla_layers.layers(id_) if layer.mark.line == uid]:
            nla_layers.drop(id_, mark)
    for line in [line for line in speaker.mien.lines if line.uid == uid]:
        for take in line.takes:
            point_cache.remove(speaker, Mark("take", uid, take.uid))
    drop_unused_rest(speaker)
    easing.fit(driven(speaker))


def show_idle(speaker: bpy.types.Object) -> None:
    """Mute or unmute the idle, as the speaker's settings say."""
    for id_ in driven(speaker):
        layer = nla_layers.find(id_, nla_layers.IDLE)
        if layer is not None:
            layer.track.mute = not speaker.mien.idle or speaker.mien.baked


def drop_unused_rest(speaker: bpy.types.Object) -> None:
    """Remove the rest layers of datablocks without takes and idle, and set the properties to the values that they
    held."""
    for id_ in driven(speaker):
        if nla_layers.animates(id_):
            continue
        layer = nla_layers.find(id_, nla_layers.REST)
        if layer is None:
            continue
        values = [(c.data_path, c.array_index, float(fcurves.keys_of(c)[1][0])) for c in layer.fcurves]
        nla_layers.drop(id_, nla_layers.REST)
        for path, index, value in values:
            _set(id_, path, index, value)


def _set(id_: bpy.types.ID, path: str, index: int, value: float) -> None:
    try:
        old = id_.path_resolve(path)
    except ValueError:  # a key that was deleted meanwhile
        return
    if path.endswith('"]'):
        holder, name = fcurves.custom_property(id_, path)
        holder[name] = round(value) if isinstance(old, int) else value
        return
    owner_path, _, name = path.rpartition(".")
    owner = id_.path_resolve(owner_path) if owner_path else id_
    if isinstance(old, float):
        setattr(owner, name, value)
    else:
        old[index] = value


def label(line, take) -> str:
    """The name of the take's actions and tracks, after 'Mien'."""
    return f"{line.name}, {take.name}"
