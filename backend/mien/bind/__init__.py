# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's 52 channels on a mesh of the user's own: `bind.bind`."""

from mien.errors import FILE, MienError


class BindError(MienError, ValueError):
    """The mesh cannot be bound; the message is a sentence for the user."""

    exit_status = FILE
