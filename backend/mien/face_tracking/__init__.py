# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces found and followed in pictures: 478 landmarks, 52 channel scores and the head's pose of each frame."""


class TrackingError(ValueError):
    """Why a face could not be followed, in a sentence an animator can act on."""
