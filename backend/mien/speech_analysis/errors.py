# SPDX-License-Identifier: GPL-3.0-or-later
"""What every ear says when it cannot hear."""

from mien.errors import FILE, MienError


class EarError(MienError, ValueError):
    """The ear cannot do what was asked; the message says why and what to do."""

    exit_status = FILE
