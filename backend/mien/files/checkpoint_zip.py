# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip of a checkpoint, looked at before anything of it is read: members stored as they are, each in its place.

zipfile reads a list of any size into memory, inflates bombs and follows what overlaps; torch.save writes nothing of
that kind, so it is refused.
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

DIRECTORY_LIMIT = 4 << 20  # bytes of the zip's list of members: some 30,000 of them, fifteen times what is needed


class ArchiveError(MienError, ValueError):
    """The file is no sound zip as PyTorch writes them; the message is a sentence for the user."""

    exit_status = FILE


class Archive:
    """Members by name with their sizes in bytes, of an open file called `name`."""

    def __init__(self, archive: zipfile.ZipFile, name: str, size: int) -> None:
        self.name, self._archive = name, archive
        self._members = _members(archive, name, size)
        self.sizes = {member: info.file_size for member, info in self._members.items()}

    def read(self, member: str) -> bytes:
        """Its bytes, by their checksum. ArchiveError, in words, if they are others."""
        with _damage_in_words(self.name):
            return self._archive.read(self._members[member])


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive in a file, until the end of the block. ArchiveError, in words, for what is none; OSError is left
    alone."""
    with path.open("rb") as file:
        size = _check_end(file, path.name)
        with _damage_in_words(path.name):
            archive = zipfile.ZipFile(file)
        with archive:
            yield Archive(archive, path.name, size)


@contextmanager
def _damage_in_words(name: str) -> Iterator[None]:
    """Of all the errors that zipfile has for a file that is none."""
    try:
        yield
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError, struct.error) as error:
        raise ArchiveError(f"{name} is a damaged zip ({short(error)}). Copy or download it again.") from None


def _check_end(file: BinaryIO, name: str) -> int:
    """Size of the file in bytes. The zip's last record is looked at first, for zipfile reads a directory of any
    size into memory."""
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
        what = f"{name}: its member '{short(info.filename)}'"
        parts = info.orig_filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in info.orig_filename:
            raise ArchiveError(f"{what} points out of the archive, which no checkpoint's does.")
        if info.filename in members:
            raise ArchiveError(f"{what} is there twice; the file is damaged.")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
            raise ArchiveError(
                f"{what} is compressed or encrypted, as PyTorch never writes it. Use the file as it was downloaded."
            )
        if not 0 <= info.header_offset <= size:
            raise ArchiveError(f"{what} is said to begin beyond the file's end; the file is damaged.")
        members[info.filename] = info
    if sum(info.file_size for info in members.values()) > size:  # stored members that lie on one another
        raise ArchiveError(f"{name}: its members are larger together than the file; it is a trap.")
    return members
