# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of all faults that Mien reports in words, with the exit status of the command `mien`."""

from __future__ import annotations

from typing import ClassVar

FAILED = 1  # a part failed
USAGE = 2  # the command line or the direction is wrong
FILE = 3  # a file cannot be read or written
MISSING = 4  # something has to be installed or imported first
STOPPED = 130  # by the user, as a shell reports SIGINT


class MienError(Exception):
    """A fault whose message is a sentence for the user. Subclasses set the exit status and may inherit ValueError or
    another built-in error as well, where callers catch that."""

    exit_status: ClassVar[int] = FAILED
