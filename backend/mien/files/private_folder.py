# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that are the user's alone: tokens, keys, voices and models are kept in them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def make_private_folder(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, for this user alone whatever the umask; returns it. Where it
    is there already, others may no longer write in it if it is this user's. OSError where it cannot be made."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            try:
                each.mkdir(mode=0o700)
            except FileExistsError:  # by another process, just now; a file is an error
                if not each.is_dir():
                    raise
    _keep_others_out(folder)
    return folder


def _keep_others_out(folder: Path) -> None:
    """In a folder that others may write they could put their own `clients` in place of the user's."""
    if os.name != "posix":
        return
    status = folder.stat()
    if status.st_uid == os.getuid() and status.st_mode & OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
        folder.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS_WRITE)
