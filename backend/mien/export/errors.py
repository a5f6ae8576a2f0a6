# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with an export."""

from __future__ import annotations

from mien.take import TakeError


class ExportError(TakeError):
    """The take cannot be written so; the message is a sentence for the user."""
