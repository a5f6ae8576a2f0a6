# SPDX-License-Identifier: GPL-3.0-or-later
"""The 52 face channels: Apple's ARKit blend-shape names, Left and Right being the head's own."""

from __future__ import annotations

NAMES = (
    "browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft "
    "cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight "
    "eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft "
    "eyeWideRight jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft "
    "mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight "
    "mouthPucker mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft "
    "mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft "
    "noseSneerRight tongueOut"
)
ARKIT = tuple(NAMES.split())
INDEX = {name: i for i, name in enumerate(ARKIT)}


def sides(name: str) -> tuple[str, ...]:
    """'mouthSmile' -> both its channels; a channel that is one -> itself. KeyError for a name that is none."""
    if name in INDEX:
        return (name,)
    pair = (f"{name}Left", f"{name}Right")
    if pair[0] not in INDEX:
        raise KeyError(f"no face channel is called {name!r}")
    return pair


def other_side(name: str) -> str:
    """'mouthSmileLeft' -> 'mouthSmileRight' and back; a channel without a side -> itself."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


def columns(name: str) -> list[int]:
    """Indices in ARKIT of `sides(name)`."""
    return [INDEX[side] for side in sides(name)]
