# SPDX-License-Identifier: GPL-3.0-or-later
"""What teaches the refinement of portraits: heads that are drawn twice, as a moved photo and as they are."""

from mien.errors import MienError


class RefinementTrainingError(MienError, ValueError):
    """There is nothing to train on; the message says why and what to do."""
