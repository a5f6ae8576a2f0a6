# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of lips models on footage that its user owns: `mien train lips`."""

from mien.errors import FILE, MienError


class LipsTrainingError(MienError, ValueError):
    """There is nothing to train on; the message says why and what to do."""


class NoSuchFolder(LipsTrainingError):
    """The folder of footage is not there."""

    exit_status = FILE
