# SPDX-License-Identifier: GPL-3.0-or-later
"""The gestures of a take: curves of the speaker's body."""

from dataclasses import dataclass, field

import bpy
import numpy as np

from ..animation.fcurves import Curve
from ..body import joint_curves
from ..formats.take import Take

body_of = joint_curves.find_body


@dataclass(frozen=True)
class Gestures:
    """body: the armature that gestures, None without one; its curves, and (path, index) -> value without a take; blend:
    of its NLA strip; notes: sentences for the animator."""

    body: bpy.types.Object | None = None
    curves: list[Curve] = field(default_factory=list)
    rest: dict[tuple[str, int], float] = field(default_factory=dict)
    blend: str = "REPLACE"
    notes: tuple[str, ...] = ()


def curves_of(speaker: bpy.types.Object, take: Take, frames: np.ndarray) -> Gestures:
    """The gestures of a take with keys at the scene's frames (F,); no curves for a take without joints."""
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
    return Gestures(body, list(layer.curves), layer.rest, layer.blend, layer.notes)
