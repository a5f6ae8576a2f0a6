# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear whole or not at all. Standard library; no bpy."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A new binary file that takes the name `path` when the block ends, and is removed when the block raises.

    Until then it lies in the same folder under a name that nobody can predict; it is created there and never opened
    through a link. A link at `path` is replaced, not followed. OSError where the file cannot be written; what was at
    `path` is then left as it was.
    """
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
    file = os.fdopen(os.open(part, _FLAGS, 0o666), "w+b")
    try:
        with file:
            yield file
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write these bytes as `atomic_write` does, in a folder that is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(data)
