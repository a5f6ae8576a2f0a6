# SPDX-License-Identifier: GPL-3.0-or-later
"""The preview: the default head speaking, with its sound, as one H.264/AAC mp4."""


class VideoError(ValueError):
    """Why a picture or a film could not be made, in a sentence an animator can act on."""
