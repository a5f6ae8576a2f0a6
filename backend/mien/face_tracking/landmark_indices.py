# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the 478 landmarks is what (MediaPipe Face Mesh; Left and Right are the person's own).

0..467 are the face, 468..472 the iris of the right eye (its centre first), 473..477 that of the left.
"""

from __future__ import annotations

FACE, POINTS = 468, 478  # landmarks of the face alone, and with both irises

# Rings, clockwise as the picture shows them.
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
RIGHT_BROW = (70, 63, 105, 66, 107)
LEFT_BROW = (336, 296, 334, 293, 300)

UPPER_LIP, LOWER_LIP = 13, 14  # the middle of the inner lips: their distance is the lip aperture
RIGHT_EYE_CORNERS = (33, 133)  # outer, inner
LEFT_EYE_CORNERS = (263, 362)
OUTER_EYE_CORNERS = (33, 263)  # their distance is the unit that lengths in a face are given in
RIGHT_LIDS, LEFT_LIDS = (159, 145), (386, 374)  # middle of the upper and of the lower lid
RIGHT_IRIS, LEFT_IRIS = 468, 473  # centres
NOSE_TIP, CHIN = 4, 152

# The 68 landmarks of iBUG (heads/landmark_track.py) among the 478. Chosen where renders of the default head and its
# twelve identities show them: on average 3.8 % of the distance of the outer eye corners from the head's own.
IBUG = (
    127, 234, 93, 58, 172, 136, 149, 176, 152, 400, 378, 365, 397, 288, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    6, 195, 5, 1, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
