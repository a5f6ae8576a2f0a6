# SPDX-License-Identifier: GPL-3.0-or-later
"""The CSV that Epic's Live Link Face app records: one row a frame, 52 channels, head and eyes.

No document of Epic's on the columns was found. Names and order are those of recordings and of the
programs that read them (the header of PyLiveLinkFace's users; Faceit's importer takes the rotations as radians). Signs
follow Epic's ARKit plug-in for a face that is not mirrored: yaw to the head's left, pitch up, roll to its left side.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.channels import ARKIT
from mien.export.errors import ExportError
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take, exact

NAMES = (
    "eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft eyeBlinkRight "
    "eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight jawForward jawRight "
    "jawLeft jawOpen mouthClose mouthFunnel mouthPucker mouthRight mouthLeft mouthSmileLeft mouthSmileRight "
    "mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight mouthStretchLeft mouthStretchRight "
    "mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight mouthLowerDownLeft "
    "mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight browDownLeft browDownRight browInnerUp browOuterUpLeft "
    "browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight noseSneerLeft noseSneerRight tongueOut"
)
ORDER = tuple(NAMES.split())
ROTATIONS = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
HEADER = ("Timecode", "BlendShapeCount", *(name[0].upper() + name[1:] for name in ORDER), *ROTATIONS)
DAY = 24 * 3600


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """Write weights with eight decimals; a channel that the take lacks is 0. ExportError for a take of vertices."""
    weights = in_order(take)
    pitch, yaw, roll = take.head_rotation.T
    rotations = np.zeros((take.frames, len(ROTATIONS)))
    rotations[:, 0], rotations[:, 1], rotations[:, 2] = yaw, -pitch, -roll
    if take.gaze is not None:
        for eye in (3, 6):
            rotations[:, eye], rotations[:, eye + 1] = take.gaze[:, 1], -take.gaze[:, 0]
    first = round(exact(take.start) * take.fps)
    count = str(len(ORDER) + len(ROTATIONS))
    lines = [",".join(HEADER)]
    for frame, numbers in enumerate(np.concatenate([weights, rotations], 1).tolist()):
        lines.append(",".join([timecode(first + frame, take.fps), count, *(f"{number:.8f}" for number in numbers)]))
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="")


def in_order(take: Take) -> np.ndarray:
    """(F, 52) weights in Live Link Face's order. ExportError when the take has none, or none of these."""
    if take.weights is None:
        raise ExportError(
            "the take has vertices and this format holds channels; first run: mien convert TAKE -o OUT --to channels"
        )
    if not set(take.channels) & set(ARKIT):
        raise ExportError("the take has none of the 52 ARKit channels that this format holds.")
    columns = {name: column for column, name in enumerate(take.channels)}
    empty = np.zeros(take.frames, np.float32)
    return np.stack([take.weights[:, columns[name]] if name in columns else empty for name in ORDER], 1)


def timecode(frame: int, fps: Fraction) -> str:
    """HH:MM:SS:FF.mmm of a frame, in whole frames a second without drop frames, also for NTSC rates."""
    base = -(-fps.numerator // fps.denominator)
    seconds, remainder = divmod(frame, base)
    seconds %= DAY
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{remainder:02}.000"
