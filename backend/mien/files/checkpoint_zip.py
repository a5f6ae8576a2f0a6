# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip of a checkpoint, checked before any member is read: uncompressed members that do not overlap.

zipfile reads a directory of any size into memory, inflates zip bombs and reads members that overlap; torch.save writes
none of these, so they are refused.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mien.errors import FILE, MienError
from mien.files.safe_pickle import short
from mien.files.safetensors import FILE_LIMIT

DIRECTORY_LIMIT = 4 << 20  # bytes of the directory: some 30,000 members, fifteen times what is needed


class ArchiveError(MienError, ValueError):
    """The file is not an intact zip as PyTorch writes them; the message is a sentence for the user."""

    exit_status = FILE


class Archive:
    """An open zip called `name`; `sizes`: bytes of each member by its name."""

    def __init__(self, archive: zipfile.ZipFile, name: str, size: int) -> None:
        self.name, self._archive = name, archive
        self._members = _members(archive, name, size)
        self.sizes = {member: info.file_size for member, info in self._members.items()}

    def read(self, member: str) -> bytes:
        """The bytes of a member. ArchiveError, in words, where its checksum differs."""
        with _translated_errors(self.name):
            return self._archive.read(self._members[member])


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive in a file, until the end of the block. ArchiveError, in words, where it is none; OSError is left
    alone."""
    with path.open("rb") as file:
        size = _check_end(file, path.name)
        with _translated_errors(path.name):
            archive = zipfile.ZipFile(file)
        with archive:
            yield Archive(archive, path.name, size)


@contextmanager
def _translated_errors(name: str) -> Iterator[None]:
    """ArchiveError in place of all the errors that zipfile has for a damaged file."""
    try:
        yield
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError, struct.error) as error:
        raise ArchiveError(f"{name} is a damaged zip ({short(error)}). Copy or download it again.") from None


def _check_end(file: BinaryIO, name: str) -> int:
    """Size of the file in bytes. ArchiveError where its start or its last record is not that of a zip, or names a
    directory that is too large."""
    size = file.seek(0, 2)
    if size > FILE_LIMIT:
        raise ArchiveError(f"{name} is {size / 1e6:.0f} MB; at most {FILE_LIMIT / 1e6:.0f} MB are read.")
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise ArchiveError(
            f"{name} is no zip, and a checkpoint of PyTorch 1.6 or later is one. If it is older, load it with the "
            "PyTorch that wrote it and save it again."
        )
    tail = 22 + 20 + 56  # end record, zip64 locator, zip64 end record
    file.seek(max(0, size - tail))
    end = file.read().rjust(tail, b"\0")
    if end[-22:-18] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise ArchiveError(f"{name} is cut short: the list that ends a checkpoint is missing. Copy it again.")
    directory = int.from_bytes(end[-10:-6], "little")
    if end[-42:-38] == b"PK\x06\x07":
        directory = int.from_bytes(end[40:48], "little")
    if directory > min(size, DIRECTORY_LIMIT):
        raise ArchiveError(f"{name} says its list of members has {directory} bytes; no checkpoint's has so many.")
    file.seek(0)
    return size


def _members(archive: zipfile.ZipFile, name: str, size: int) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        member = f"{name}: its member '{short(info.filename)}'"
        parts = info.orig_filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in info.orig_filename:
            raise ArchiveError(f"{member} points out of the archive, which no checkpoint's does.")
        if info.filename in members:
            raise ArchiveError(f"{member} is there twice; the file is damaged.")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
            raise ArchiveError(
                f"{member} is compressed or encrypted, as PyTorch never writes it. Use the file as it was downloaded."
            )
        if not 0 <= info.header_offset <= size:
            raise ArchiveError(f"{member} is said to begin beyond the file's end; the file is damaged.")
        members[info.filename] = info
    if sum(info.file_size for info in members.values()) > size:  # stored members that lie on one another
        raise ArchiveError(f"{name}: its members are larger together than the file; it is a trap.")
    return members
