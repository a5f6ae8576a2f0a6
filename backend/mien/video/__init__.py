# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving pictures in and out."""

from mien.errors import FILE, MISSING, MienError


class VideoError(MienError, ValueError):
    """Why a picture or a film could not be made, in a sentence an animator can act on."""

    exit_status = FILE


class OpenGLMissing(VideoError):
    """This machine cannot draw; the message says what to install."""

    exit_status = MISSING
