# SPDX-License-Identifier: GPL-3.0-or-later
"""The SHA-256 of files, in hex."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Of the file's bytes. OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: Path) -> str:
    """The same, read again only when the file's time or size changed. OSError."""
    stat = path.stat()
    return _remembered(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=64)
def _remembered(path: Path, changed: int, size: int) -> str:
    return sha256_of(path)
