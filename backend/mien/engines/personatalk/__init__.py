# SPDX-License-Identifier: GPL-3.0-or-later
"""PersonaTalk: a film dubbed with other words, by the speaker's own pixels (after Zhang et al., SIGGRAPH Asia 2024)."""

from mien.errors import FILE, USAGE, MienError


class DubError(MienError, ValueError):
    """Why a film cannot be dubbed as asked, in a sentence an editor can act on."""

    exit_status = FILE


class DubRefused(DubError):
    """The options ask for what is not possible, or leave open what has to be chosen."""

    exit_status = USAGE
