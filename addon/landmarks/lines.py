# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that are drawn through the 68 landmarks, in the order of iBUG-68 (docs/landmarks.md). No bpy."""

from dataclasses import dataclass

POINTS = 68
STILL = (*range(27, 36), 36, 39, 42, 45)  # landmarks that a face moves little: nose and corners of the eyes
OUTER_EYES = (36, 45)


@dataclass(frozen=True)
class Line:
    """name: as in the files of 'mien landmarks'; label: for the animator; closed: its last point joins the first."""

    name: str
    label: str
    points: range
    closed: bool = False


LINES = (
    Line("contour", "Contour", range(17)),
    Line("right_brow", "Brow.R", range(17, 22)),
    Line("left_brow", "Brow.L", range(22, 27)),
    Line("nose_bridge", "Nose Bridge", range(27, 31)),
    Line("nostrils", "Nostrils", range(31, 36)),
    Line("right_eye", "Eye.R", range(36, 42), closed=True),
    Line("left_eye", "Eye.L", range(42, 48), closed=True),
    Line("outer_lips", "Outer Lips", range(48, 60), closed=True),
    Line("inner_lips", "Inner Lips", range(60, 68), closed=True),
)


def label(point: int) -> str:
    """'Outer Lips 03' for a landmark, counted from 0 in its line."""
    line = next(line for line in LINES if point in line.points)
    return f"{line.label} {point - line.points[0]:02d}"
