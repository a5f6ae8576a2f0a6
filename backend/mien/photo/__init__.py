# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo as a face that a take moves: fit, warp, mouth interior, eyes, background (after EMOdiffhead, 2024)."""

from mien.errors import FILE, USAGE, MienError


class PortraitError(MienError, ValueError):
    """Why no portrait is made of a photo, in a sentence whoever has the photo can act on."""

    exit_status = FILE


class PortraitRefused(PortraitError):
    """The options ask for what is not possible."""

    exit_status = USAGE
