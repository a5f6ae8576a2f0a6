# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape-key mapping: the values of a mesh's shape keys over the frames of a take.

`targets` computes them for one mesh and changes nothing. For a speaker of several meshes it is called for each,
`part=True` for all but the face, and `missing_note` names the channels that none of them shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from ..animation import fcurves
from ..formats import head_file
from ..formats.channels import TONGUE, sides
from ..formats.take import Take
from . import additive, bones, gaze, key_table, keys, mouth_choice, vertex_fit, viseme_mix
from .recognition import Recognition, missing_channels, recognise, short_list

HEAD_VERTICES = 4538  # of Mien's own head
FLAME_VERTICES = 5023  # the mesh of every FLAME
# A weight of 1 means 30 degrees (docs/articulation.md, section 10); these are the degrees by which the eyes of the
# default head turn at a key's value of 1 (rigid fit to its eyeballs; a test repeats it).
EYE_TURNS = {"eyeLookDown": 10.58, "eyeLookUp": 9.24, "eyeLookIn": 14.17, "eyeLookOut": 13.66}
GAZE_GAINS = {side: 30.0 / turn for name, turn in EYE_TURNS.items() for side in sides(name)}
LID_SHARE = 0.235  # of a blink, by which the lids close at an eyeLookDown key of 1 (a test measures it again)


@dataclass(frozen=True, eq=False)
class Targets:
    """values: shape key -> (F,) float32, a value for each frame of the take; the sliders' ranges must be extended to
    them (`keys.fit_range`). scheme: name of the keys' naming scheme. missing: channels of the take that this mesh does
    not show. notes: sentences for the animator. refusal: why nothing of the take shows on this mesh, '' if it does.
    driven: the values of keys that controls of the rig stand for: of those that have drivers, or of all where the rig
    moves the vertices."""

    values: dict[str, np.ndarray]
    scheme: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    refusal: str
    driven: dict[str, np.ndarray] = field(default_factory=dict)


def targets(obj: bpy.types.Object, take: Take, part: bool = False, meshes: Sequence[bpy.types.Object] = ()) -> Targets:
    """The shape-key values of a mesh object for a take with weights. Changes nothing.

    Keys with a driver are left out. part: a further mesh of the speaker, which needs no notes on missing keys. meshes:
    all of the speaker, the face first; by default this one.
    """
    meshes = tuple(meshes) or (obj,)
    speaker = meshes[0]
    names = keys.names(obj.data)
    if not names:
        return Targets({}, "", take.channels, (), f"'{obj.name}' has no shape keys.")
    table = table_of(obj, part, speaker)
    known = set(names)
    faulty = tuple(row.key for row in table.rows if key_table.fault(row.source))
    rows = [row for row in table.rows if row.key in known and row.key not in faulty]
    if not rows:
        return Targets(
            {},
            "",
            take.channels,
            table.notes,
            f"None of the {len(names)} shape keys of '{obj.name}' has a name that Mien knows (ARKit's jawOpen, "
            "visemes like viseme_PP ...). Give them sources in the table under Driving, or bind the mesh.",
        )
    driven_paths = fcurves.driven_paths(obj.data.shape_keys)
    driven = tuple(row.key for row in rows if keys.value_path(row.key) in driven_paths)
    learnt = bool(speaker.mien_driving.control_map)
    if vertex_fit.is_text_of_vertices(speaker.mien_driving.control_map):
        driven = tuple(row.key for row in rows)  # the rig moves the face as these keys would
    if len(driven) == len(rows) and not learnt:
        return Targets(
            {},
            table.scheme,
            (),
            table.notes,
            f"Every shape key of '{obj.name}' that the take drives has a driver, which overrules curves: press Learn "
            "Controls, and takes move the rig's controls.",
        )
    rows = rows if learnt else [row for row in rows if row.key not in driven]
    shown = key_table.channels_of(rows)
    rows = gaze.key_rows(rows, obj, speaker, meshes)
    turned = shown - key_table.channels_of(rows)  # bones or objects show these
    values = additive.cap(key_table.values(rows, _sources(take, rows, gaze.gains(speaker)), take.frames))
    behind_drivers = {name: values.pop(name) for name in driven if name in values}
    bone_channels = bones.channels_of_bones(gaze.bones_of(speaker, meshes))
    moved = {name for name in key_table.channels_of(rows) if not name.startswith(gaze.LOOK)}
    notes = [] if part else list(table.notes)
    if faulty:
        notes.append(f"The sources of these cannot be read, so they were left; see the table: {short_list(faulty)}.")
    if not part:
        notes += _notes_on_keys(obj, table, () if learnt else driven)
    notes += _notes_on_view(obj, values)
    shown_twice = sorted(bone_channels & moved)
    if shown_twice and not part:
        notes.append(f"Both a bone and a shape key show these: {short_list(shown_twice)}.")
    if gaze.way(speaker, meshes) == "OBJECTS":
        bone_channels |= {name for name in take.channels if name.startswith(gaze.LOOK)}
    missing = tuple(
        name for name in take.channels if name in table.missing and name not in bone_channels and name not in turned
    )
    return Targets(values, table.scheme, missing, tuple(notes), "", behind_drivers)


def _notes_on_keys(obj: bpy.types.Object, table: Recognition, driven: Sequence[str]) -> list[str]:
    """Of keys that are in the table and not on the mesh, and of those that are left to drivers."""
    known, notes = set(keys.names(obj.data)), []
    absent = tuple(row.key for row in table.rows if row.key not in known)
    if absent:
        notes.append(f"The table names keys that '{obj.name}' does not have: {short_list(absent)}.")
    if driven:
        notes.append(f"These have drivers of their own and were left to them: {short_list(driven)}.")
    return notes


def _notes_on_view(obj: bpy.types.Object, values: dict[str, np.ndarray]) -> list[str]:
    """Of what keeps keys with these values from being seen."""
    blocks, notes = obj.data.shape_keys.key_blocks, []
    muted = tuple(name for name in values if blocks[name].mute)
    if muted:
        notes.append(f"These are muted, so they do not show: {short_list(muted)}.")
    if obj.show_only_shape_key:
        notes.append("One shape key is pinned (Solo), so the others do not show.")
    return notes


def missing_note(take: Take, meshes: Sequence[Targets]) -> str:
    """A sentence on the channels of the take that none of a speaker's meshes shows, '' when all are shown."""
    channels = [name for name in take.channels if name not in TONGUE]  # few faces have them, and none needs them
    missing = set(channels).intersection(*(mesh.missing for mesh in meshes))
    if not missing:
        return ""
    ordered = sorted(missing, key=lambda name: (not name.startswith(("jaw", "mouth")), channels.index(name)))
    return f"{len(ordered)} of {len(channels)} shape keys are not there: {short_list(ordered)}."


def table_of(obj: bpy.types.Object, part: bool = False, speaker: bpy.types.Object | None = None) -> Recognition:
    """The mapping table of this mesh: the animator's, where it was edited, else by the names of its keys. speaker: the
    face of which it is a part, whose mouth decides between visemes and channels."""
    mapping = obj.mien_driving
    if mapping.edited:
        rows = mapping.rows()
        return Recognition(rows, mapping.table_name, missing_channels(rows), ())
    recognition = recognise(keys.names(obj.data), part, mouth_of(obj if speaker is None else speaker))
    return replace(recognition, rows=with_gaze_gains(recognition.rows)) if has_default_head_eyes(obj) else recognition


def mouth_of(speaker: bpy.types.Object) -> str:
    """What moves the mouth of a speaker: CHANNELS or VISEMES, or AUTO where the names of its keys decide."""
    chosen = speaker.mien_driving.mouth
    return mouth_choice.choose(speaker) if chosen == "AUTO" and speaker.type == "MESH" else chosen


def has_default_head_eyes(obj: bpy.types.Object) -> bool:
    """Whether the keys are those of the default head, by its topology, or were made from them by binding."""
    mesh = obj.data
    return len(mesh.vertices) == HEAD_VERTICES or (mesh.shape_keys is not None and keys.BOUND in mesh.shape_keys)


def with_gaze_gains(rows: Sequence[key_table.Row]) -> tuple[key_table.Row, ...]:
    """The table with the gains that make the default head's eyes turn as far as the take's. Its lids go down with the
    eyes, so a blink is reduced by LID_SHARE."""
    looks = key_table.channels_of(rows)
    out = []
    for row in rows:
        look_down = row.source.replace("Blink", "LookDown")
        if row.source in sides("eyeBlink") and look_down in looks:
            out.append(replace(row, source=f"{row.source} - {LID_SHARE * GAZE_GAINS[look_down]:.2g} {look_down}"))
        else:
            out.append(replace(row, gain=row.gain * GAZE_GAINS.get(row.source, 1.0)))
    return tuple(out)


def _sources(take: Take, rows: Sequence[key_table.Row], gains: dict[str, float]) -> dict[str, np.ndarray]:
    """name -> (F,) of every channel of the take and every viseme of the rows. gains: of the left and the right eye."""
    weights = take.weights.astype(float)
    sources = {name: weights[:, column] for column, name in enumerate(take.channels)}
    visemes = key_table.visemes_of(rows)
    if visemes:
        contact = viseme_mix.lip_contact_frames(
            take.channels, weights, take.mouth_holds, float(take.start), float(take.fps)
        )
        products = viseme_mix.lip_products(head_file.find_file())
        shares = viseme_mix.mix(weights, take.channels, visemes, key_table.channels_of(rows), products, contact)
        sources |= dict(zip(visemes, shares.T, strict=True))
    for side, gain in gains.items():
        for name in [name for name in sources if name.startswith(gaze.LOOK) and name.endswith(side)]:
            sources[name] = gain * sources[name]
    return sources
