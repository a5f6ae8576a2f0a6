# SPDX-License-Identifier: GPL-3.0-or-later
"""What was learnt of a rig's controls, and how a speaker keeps it."""

from collections.abc import Generator
from dataclasses import dataclass

import bpy

from ...shape_keys import control_fit, vertex_fit
from ...shape_keys.control_fit import ControlMap
from ...shape_keys.vertex_fit import VertexMap

SEPARATOR = "/"  # between the mesh and its key in the mapping


class LearningError(Exception):
    """The rig has no control that can be learnt; the message says what was found. The scene is unchanged."""


@dataclass(frozen=True)
class Learnt:
    """What was learnt, and a sentence on it."""

    mapping: ControlMap | VertexMap
    owners: tuple[bpy.types.Object, ...]
    sentence: str


@dataclass(frozen=True)
class Progress:
    """share: 0..1 of the work that is done; stage: what is done now."""

    share: float
    stage: str


Steps = Generator[Progress, None, Learnt]  # closed before its end, it leaves the scene as it was


def finish(steps: Steps) -> Learnt:
    """Run all steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def store(speaker: bpy.types.Object, learnt: Learnt) -> None:
    """Keep the mapping on the speaker."""
    settings = speaker.mien_driving
    settings.control_map = learnt.mapping.to_text()
    settings.control_owners.clear()
    for owner in learnt.owners:
        item = settings.control_owners.add()
        item.name, item.owner = owner.name, owner
    if isinstance(learnt.mapping, VertexMap):
        moved = {control.path for control in learnt.mapping.controls}
        if any(path.startswith(f'pose.bones["{bpy.utils.escape_identifier(settings.jaw)}"]') for path in moved):
            settings.jaw = ""  # it is one of the controls, and takes must not open it twice


def mapping_of(speaker: bpy.types.Object) -> ControlMap | VertexMap | None:
    """The mapping of a speaker; None where it learnt none."""
    text = speaker.mien_driving.control_map
    if not text:
        return None
    return vertex_fit.from_text(text) if vertex_fit.is_text_of_vertices(text) else control_fit.from_text(text)


def owners_of(speaker: bpy.types.Object) -> list[bpy.types.Object | None]:
    """The objects of its controls; None for those that were deleted."""
    return [item.owner for item in speaker.mien_driving.control_owners] if speaker.mien_driving.control_map else []
