# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with an export."""


class ExportError(ValueError):
    """The take cannot be written so; the message is a sentence for the user."""
