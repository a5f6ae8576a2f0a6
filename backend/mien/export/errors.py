# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of an export."""

from __future__ import annotations

from mien.errors import MISSING, USAGE
from mien.take import TakeError


class ExportError(TakeError):
    """The take cannot be written in this format; the message is a sentence for the user."""


class UnknownFormat(ExportError):
    """No format has this suffix."""

    exit_status = USAGE


class HasNoFace(ExportError):
    """An identity was asked for, of a format that has no face."""

    exit_status = USAGE


class PackageMissing(ExportError):
    """The format needs a package that is not installed."""

    exit_status = MISSING
