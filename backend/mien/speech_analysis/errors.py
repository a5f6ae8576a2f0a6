# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of phone recognition and alignment."""

from mien.errors import FILE, MienError


class RecognitionError(MienError, ValueError):
    """Speech cannot be recognised or aligned; the message says why and what to do."""

    exit_status = FILE
