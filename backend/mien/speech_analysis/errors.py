# SPDX-License-Identifier: GPL-3.0-or-later
"""What every ear says when it cannot hear."""


class EarError(ValueError):
    """The ear cannot do what was asked; the message says why and what to do."""
