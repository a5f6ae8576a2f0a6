# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines through the landmarks are those of the backend."""

from mien.heads import landmark_track
from mien.landmarks import of_people

from addon.landmarks import lines


def test_both_halves_draw_the_same_lines() -> None:
    theirs = {name: (points, closed) for name, (points, closed) in landmark_track.LINES.items()}
    assert {line.name: (line.points, line.closed) for line in lines.LINES} == theirs
    assert (lines.STILL, lines.OUTER_EYES) == (of_people.STILL, landmark_track.OUTER_EYES)


def test_each_landmark_has_a_label_of_its_own() -> None:
    labels = [lines.label(point) for point in range(lines.POINTS)]
    assert len(set(labels)) == lines.POINTS
    assert labels[8] == "Contour 08" and labels[48] == "Outer Lips 00"
