# SPDX-License-Identifier: GPL-3.0-or-later
"""How somebody in particular speaks, learnt from about a minute of film or of takes: `mien learn`."""

from mien.errors import MienError


class LearningError(MienError, ValueError):
    """There is nothing to learn from; the message says why and what to do."""
