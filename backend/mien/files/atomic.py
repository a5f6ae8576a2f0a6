# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written whole or not at all.

The bytes go to a temporary file in the same folder, which then takes the file's name: whoever reads, and whoever comes
after a crash, finds the former file or the new one. The temporary file has a random name that begins with a dot, is
created by O_EXCL, which follows no link, and is removed on failure. A link at the file's name is replaced.

That of a film may be large, and a process that is killed leaves it. So it is locked for as long as its process lives
(POSIX), and whoever writes the file the next time removes those that nobody has.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

EVERYBODY = 0o666  # the mode of a file, less the umask, as `open` has it
OWNER = 0o600  # for this user alone
LEFT_S = 60.0  # since a temporary file was written: it may be of a process that is about to lock it
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
    """The same for a library that opens files itself: the path of an empty file, with the suffix of `path`, from the
    root on: FFmpeg takes what is before a colon for a protocol."""
    remove_left(path)
    part = _part_of(path.absolute(), path.suffix)
    with _renaming([part], [path]):
        descriptor = os.open(part, FLAGS, EVERYBODY)
        try:
            if fcntl is None:
                os.close(descriptor)
            else:
                with suppress(OSError):  # no locks on this file system
                    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            yield part
        finally:
            if fcntl is not None:
                os.close(descriptor)


def remove_left(path: Path) -> None:
    """Remove temporary files of `path` that processes which were killed left. Nothing on Windows."""
    if fcntl is None:
        return
    name = re.compile(rf"\.{re.escape(path.stem[:40])}\.[0-9a-f]{{16}}\.part{re.escape(path.suffix)}")
    with suppress(OSError):
        for other in [each for each in path.parent.iterdir() if name.fullmatch(each.name)]:
            _remove_if_left(other)


def _remove_if_left(part: Path) -> None:
    if fcntl is None or time.time() - part.lstat().st_mtime < LEFT_S:
        return
    with suppress(OSError):  # it is somebody else's, or locked
        descriptor = os.open(part, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
        finally:
            os.close(descriptor)


def require_room(path: Path) -> None:
    """OSError that names `path` where a file of its folder cannot be made or the disk is full, before the work."""
    part = _part_of(path)
    try:
        with os.fdopen(os.open(part, FLAGS, OWNER), "w+b") as file:
            file.write(bytes(LEAST_ROOM))
    except OSError as error:
        raise _named(error, [part], [path]) from None
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
        named = _named(error, parts, paths)
        if named is error:
            raise
        raise named from error
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


def _named(error: OSError, parts: Sequence[Path], paths: Sequence[Path]) -> OSError:
    """The error, naming the file that was to be written: nobody knows the part's name, and a full disk is reported
    without one."""
    names = dict(zip(map(str, parts), map(str, paths), strict=True))
    if str(error.filename) in names:
        name = names[str(error.filename)]
        try:
            error.filename = name
        except AttributeError:  # PyAV's errors cannot be changed
            return OSError(error.errno, error.strerror, name)
    elif error.filename is None and error.errno is not None and len(paths) == 1:
        error.filename = str(paths[0])
    return error
