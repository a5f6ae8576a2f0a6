# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces found and followed in pictures: 478 landmarks, 51 channel scores and the head's pose of each picture."""

from mien.errors import FILE, MienError


class TrackingError(MienError, ValueError):
    """Why a face could not be followed, in a sentence an animator can act on."""

    exit_status = FILE
