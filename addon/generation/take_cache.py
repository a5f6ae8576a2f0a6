# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes that arrived, kept in a folder by what they were made from: a bake that was broken off, or a file that was not
saved, does not ask the backend for them again. No bpy.

The folder holds at most `cap` bytes; the files used longest ago go first. Losing it loses nothing but time.
"""

from contextlib import suppress
from pathlib import Path

CAP = 1 << 30  # bytes; a minute at 24 fps is 0.35 MB with named channels, 3 MB with a basis, 80 MB exact
SUFFIX = ".take.safetensors"


class KeptTakes:
    """Methods may be called from any thread, and by several Blenders at once: files appear whole or not at all."""

    def __init__(self, folder: Path, cap: int = CAP) -> None:
        self.folder, self.cap = folder, cap

    def path(self, address: str) -> Path:
        return self.folder / f"{address}{SUFFIX}"

    def get(self, address: str) -> bytes | None:
        """The bytes of the take of this address, None if it is not here."""
        path = self.path(address)
        try:
            data = path.read_bytes()
            path.touch()
        except OSError:
            return None
        return data

    def put(self, address: str, data: bytes) -> None:
        """Keep a take. OSError when it cannot be written; what was there is left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{address}.part"
        part.write_bytes(data)
        part.replace(self.path(address))
        self._make_room()

    def drop(self, address: str) -> None:
        """Forget a take that turned out to be damaged."""
        self.path(address).unlink(missing_ok=True)

    def _make_room(self) -> None:
        found = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(OSError):  # another Blender dropped it meanwhile
                told = path.stat()
                found.append((told.st_mtime_ns, told.st_size, path))
        excess = sum(size for _, size, _ in found) - self.cap
        for _, size, path in sorted(found)[:-1]:  # the newest stays, however large it is
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size
