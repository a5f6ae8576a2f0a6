# SPDX-License-Identifier: GPL-3.0-or-later
"""How somebody in particular speaks, learnt from about a minute of film or of takes: `mien learn`."""

from mien.errors import USAGE, MienError


class LearningError(MienError, ValueError):
    """There is nothing to learn from; the message says why and what to do."""


class SoundsRefused(LearningError):
    """The sounds that were named are not one for each take."""

    exit_status = USAGE
