# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written whole or not at all.

The bytes go to a temporary file in the same folder, which then takes the file's name: whoever reads, and whoever comes
after a crash, finds the former file or the new one. The temporary file has a random name that begins with a dot, is
created by O_EXCL, which follows no link, and is removed on failure. A link at the file's name is replaced.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

EVERYBODY = 0o666  # the mode of a file, less the umask, as `open` has it
OWNER = 0o600  # for this user alone
LEAST_ROOM = 1 << 16  # bytes: a disk without so many is full
FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def write_whole(path: Path, data: bytes) -> None:
    """Write these bytes, in a folder that is made where there is none. OSError names `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(data)


@contextmanager
def atomic_write(path: Path, *, mode: int = EVERYBODY, sync: bool = False) -> Iterator[BinaryIO]:
    """A new binary file that becomes `path` when the block ends, and is removed when the block raises.

    `sync`: only once the disk has its bytes. OSError names `path`, which is then as it was.
    """
    with atomic_write_all((path,), mode=mode, sync=sync) as (file,):
        yield file


@contextmanager
def atomic_write_all(
    paths: Sequence[Path], *, mode: int = EVERYBODY, sync: bool = False
) -> Iterator[tuple[BinaryIO, ...]]:
    """The same for several files. They take their names one after another, once all are written: should one of these
    renames fail, the names before it are new already."""
    parts = [_part_of(path) for path in paths]
    with _renaming(parts, paths), ExitStack() as stack:
        files = [stack.enter_context(os.fdopen(os.open(part, FLAGS, mode), "w+b")) for part in parts]
        yield tuple(files)
        for file in files:
            file.flush()
            if sync:
                os.fsync(file.fileno())


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """The same for a library that opens files itself: the path of an empty file, with the suffix of `path`."""
    part = _part_of(path, path.suffix)
    with _renaming([part], [path]):
        os.close(os.open(part, FLAGS, EVERYBODY))
        yield part


def require_room(path: Path) -> None:
    """OSError that names `path` where a file of its folder cannot be made or the disk is full, before the work."""
    part = _part_of(path)
    try:
        with os.fdopen(os.open(part, FLAGS, OWNER), "w+b") as file:
            file.write(bytes(LEAST_ROOM))
    except OSError as error:
        _name_target(error, [part], [path])
        raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _part_of(path: Path, suffix: str = "") -> Path:
    """Where the bytes go at first. A long name is cut: file systems allow 255 bytes."""
    return path.with_name(f".{path.stem[:40]}.{secrets.token_hex(8)}.part{suffix}")


@contextmanager
def _renaming(parts: Sequence[Path], paths: Sequence[Path]) -> Iterator[None]:
    try:
        yield
        for part, path in zip(parts, paths, strict=True):
            _rename(part, path)
    except OSError as error:
        _name_target(error, parts, paths)
        raise
    finally:
        for part in parts:
            with suppress(OSError):  # what the block raised says more
                part.unlink(missing_ok=True)


def _rename(part: Path, path: Path) -> None:
    with suppress(FileNotFoundError):
        kind = path.lstat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind) or stat.S_ISDIR(kind)):
            raise FileExistsError(errno.EEXIST, "is a device or a pipe, which is not replaced; name a file", str(path))
    try:
        part.replace(path)
    except OSError as error:  # it names both
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _name_target(error: OSError, parts: Sequence[Path], paths: Sequence[Path]) -> None:
    """Name the file that was to be written: nobody knows the part's name, and a full disk is reported without one."""
    names = dict(zip(map(str, parts), map(str, paths), strict=True))
    if str(error.filename) in names:
        with suppress(AttributeError):  # PyAV's errors cannot be changed; the video writer names its file itself
            error.filename = names[str(error.filename)]
    elif error.filename is None and error.errno is not None and len(paths) == 1:
        error.filename = str(paths[0])
