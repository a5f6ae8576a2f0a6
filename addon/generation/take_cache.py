# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of takes by fingerprint, so that a bake that was interrupted, or a file that was not saved, need not request
them again. No bpy.

The folder holds at most `limit` bytes; the least recently used files are removed first. It may be deleted at any time.
"""

import time
from contextlib import suppress
from pathlib import Path

from ..formats.atomic_write import write_whole

LIMIT = 1 << 30  # bytes; a minute at 24 fps has 0.35 MB with named channels, 3 MB with a basis, 80 MB with offsets
PART_LIFETIME_S = 3600.0
SUFFIX = ".take.safetensors"


class TakeCache:
    """Methods may be called from any thread, and by several Blenders at once: files appear whole or not at all."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit

    def path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"

    def get(self, key: str) -> bytes | None:
        """The bytes of the take of this key (`fingerprint.cache_key`), None without one."""
        path = self.path(key)
        try:
            data = path.read_bytes()
            path.touch()
        except OSError:
            return None
        return data

    def put(self, key: str, data: bytes) -> None:
        """Store a take. Raises OSError where it cannot be written; an earlier one is then left as it was."""
        write_whole(self.path(key), data)
        self._evict()

    def drop(self, key: str) -> None:
        """Remove a take that turned out to be damaged."""
        self.path(key).unlink(missing_ok=True)

    def _evict(self) -> None:
        for part in self.folder.glob(".*.part"):  # of Blenders that were killed while they wrote
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > PART_LIFETIME_S:
                    part.unlink()
        files = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(OSError):  # another Blender removed it meanwhile
                stat = path.stat()
                files.append((stat.st_mtime_ns, stat.st_size, path))
        excess = sum(size for _, size, _ in files) - self.limit
        for _, size, path in sorted(files)[:-1]:  # the newest stays, however large it is
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size
