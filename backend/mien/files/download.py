# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads as they lie on a user's disk: files below a folder, and the refusal of what cannot be imported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mien.errors import FILE, MienError


class DownloadError(MienError, ValueError):
    """The path holds no model that can be imported, or several; the message says what to give."""

    exit_status = FILE


def files_below(folder: Path, depth: int) -> list[Path]:
    """Files in a folder and in `depth` - 1 levels of folders below it, the upper ones first."""
    return [path for level in range(depth) for path in sorted(folder.glob("*/" * level + "*")) if path.is_file()]


def several(folder: Path, paths: Iterable[Path]) -> DownloadError:
    """For a folder in which one file was expected."""
    return DownloadError(f"{folder} holds several that could be meant: {listed(folder, paths)}. Give one file.")


def listed(folder: Path, paths: Iterable[Path]) -> str:
    """The paths, relative to the folder, with commas."""
    return ", ".join(str(path.relative_to(folder)) for path in paths)
