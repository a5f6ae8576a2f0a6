# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a command writes: refused before the work where it cannot be written, or is one of the inputs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from mien.errors import USAGE, MienError


class OutputIsInput(MienError, ValueError):
    """The file to write is one that is read."""

    exit_status = USAGE


def check_output(path: Path, **inputs: Path | None) -> None:
    """OSError with the name of what is in the way; OutputIsInput where `path` is one of the inputs, which are named as
    the sentence names them (`sound=...`)."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file in it", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder; make it first", str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "nothing can be written there; name another folder", str(path.parent))
    for name, source in inputs.items():
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise OutputIsInput(f"{path} is the {name} itself, which would be lost; name another file to write.")
