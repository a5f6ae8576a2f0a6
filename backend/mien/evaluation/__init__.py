# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of takes, of the phone recogniser, and of the face tracker."""

from mien.errors import MISSING, MienError


class EvaluationError(MienError, RuntimeError):
    """Nothing can be measured; the message says why and what to install or name."""

    exit_status = MISSING
