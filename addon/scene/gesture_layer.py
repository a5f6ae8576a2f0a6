# SPDX-License-Identifier: GPL-3.0-or-later
"""The gestures of a take among what it moves: the curves of the speaker's body."""

from dataclasses import dataclass

import bpy
import numpy as np

from ..animation.fcurves import Curve
from ..body import joint_curves
from ..formats.take import Take

body_of = joint_curves.find_body


@dataclass(frozen=True)
class Gestures:
    """The armature that gestures, None without one; how its NLA strip blends; sentences for the animator."""

    body: bpy.types.Object | None = None
    blend: str = "REPLACE"
    notes: tuple[str, ...] = ()


def add(
    speaker: bpy.types.Object,
    take: Take,
    frames: np.ndarray,
    moved: dict[bpy.types.ID, list[Curve]],
    rests: dict[bpy.types.ID, dict],
) -> Gestures:
    """Add the body's curves to `moved` and their values at rest to `rests`. A take without joints adds nothing."""
    if take.joints is None:
        return Gestures()
    body = body_of(speaker)
    if body is None:
        return Gestures(
            notes=(
                "The gestures were left out: choose an armature for them under Non-Verbal Motion > Body, or Add "
                "Default Body.",
            )
        )
    try:
        layer = joint_curves.layer(body, take, frames)
    except joint_curves.JointError as error:
        return Gestures(notes=(f"The gestures were left out: {error}",))
    speaker.mien.body = body  # where it was found by itself, takes find it again
    moved.setdefault(body, []).extend(layer.curves)
    rests.setdefault(body, {}).update(layer.rest)
    return Gestures(body, layer.blend, layer.notes)
