# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that reads as some bytes followed by parts of another file, without a copy of it."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from typing import BinaryIO


class Spliced(io.RawIOBase):
    """`head`, then the parts (begin, end) of `file` in their order."""

    def __init__(self, head: bytes, file: BinaryIO, parts: Sequence[tuple[int, int]]) -> None:
        self._head, self._file, self._parts = head, file, [part for part in parts if part[1] > part[0]]
        self._starts = [len(head)]
        for begin, end in self._parts:
            self._starts.append(self._starts[-1] + end - begin)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, target) -> int:
        """As many bytes as one part has, at most."""
        wanted = len(target)
        if self._at < len(self._head):
            data = self._head[self._at : self._at + wanted]
        else:
            number = bisect_right(self._starts, self._at) - 1
            if number >= len(self._parts):
                return 0
            at = self._parts[number][0] + self._at - self._starts[number]
            self._file.seek(at)
            data = self._file.read(min(wanted, self._parts[number][1] - at))
        target[: len(data)] = data
        self._at += len(data)
        return len(data)
