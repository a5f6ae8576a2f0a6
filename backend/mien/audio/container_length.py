# SPDX-License-Identifier: GPL-3.0-or-later
"""The length that a container promises in its header, against the length of the file.

Decoders read half of a cut file without a word, and the animation of half a recording looks complete. Sizes that
recorders leave where they cannot seek back (0, or all bits set) promise nothing.

Formats: RIFF, RIFX, RF64, BW64 (EBU Tech 3306), AVI; AIFF, AIFC and 8SVX; Sony Wave64; AU; Apple CAF; AVR; VOC;
MP4 and MOV; NIST SPHERE; MPC 2000; Ogg (RFC 3533); Matroska and WebM (EBML segment size).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

ENDLESS = 0x7FFFF000  # sizes from here on in 32 bits are those of recorders that cannot seek back
WAVE64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")  # GUID of "riff"
WAVE64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
STARTS = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"fLaC", b"caff", b".snd", WAVE64, EBML)  # of a container


@dataclass(frozen=True)
class Chunk:
    """A chunk of a RIFF file: its name, and where its contents begin and should end."""

    kind: bytes
    begin: int
    end: int


def promised_end(file: BinaryIO, size: int) -> int | None:
    """The least length in bytes of a file of `size` bytes that its header promises; None where it promises none."""
    file.seek(0)
    head = file.read(64)
    if head[4:8] == b"ftyp":
        return _mp4(file, size)
    for magic, read in FORMATS.items():
        if head.startswith(magic):
            return read(file, head, size)
    return None


def unended_ogg(file: BinaryIO, size: int) -> bool:
    """Whether this is an Ogg file that ends within a page, or without a page that says that the stream ends."""
    last = None
    for page in ogg_pages(file, size):
        last = page
    return last is not None and (last.end > size or not last.flags & 4)


def ogg_links(file: BinaryIO, size: int) -> tuple[tuple[int, int], ...]:
    """(begin, end) in bytes of each link of a chained Ogg file, of which libsndfile reads the first alone."""
    starts, last_first, end = [0], True, 0
    for page in ogg_pages(file, size):
        first = bool(page.flags & 2)
        if first and not last_first:
            starts.append(end)
        last_first, end = first, page.end
    return tuple(zip(starts, [*starts[1:], size], strict=True))


@dataclass(frozen=True)
class OggPage:
    """`flags`: 1 continued, 2 the first of its stream, 4 the last; `end` in bytes of the file."""

    flags: int
    end: int


def ogg_pages(file: BinaryIO, size: int) -> Iterator[OggPage]:
    """The pages of an Ogg file, until one is damaged. The last may end beyond the file."""
    at = 0
    while at + 27 <= size:
        file.seek(at)
        head = file.read(27)
        if head[:4] != b"OggS":
            return
        table = file.read(head[26])
        at += 27 + head[26] + sum(table)
        yield OggPage(head[5], at)
    file.seek(0)


def riff_chunks(file: BinaryIO, size: int) -> Iterator[Chunk]:
    """The chunks of a RIFF, RIFX, RF64 or BW64 file; the size of data from `ds64` where that has it."""
    file.seek(0)
    order = "big" if file.read(4) == b"RIFX" else "little"
    at, wide = 12, 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        kind, length = head[:4], int.from_bytes(head[4:], order)
        if kind == b"ds64":
            wide = int.from_bytes(file.read(16)[8:], "little")
        if kind == b"data" and length == 0xFFFFFFFF and wide:
            length = wide
        yield Chunk(kind, at + 8, at + 8 + length)
        at += 8 + length + length % 2


def joined(file: BinaryIO, end: int | None, size: int) -> bool:
    """Whether another container begins where this one has ended."""
    if end is None or end + 12 > size:
        return False
    file.seek(end)
    start = file.read(16)
    further_part = start[:4] == b"RIFF" and start[8:12] == b"AVIX"  # of a long AVI
    return (start.startswith(STARTS) or start[4:8] == b"ftyp") and not further_part


def riff_end(file: BinaryIO) -> int | None:
    """Where a RIFF file ends by its own size; None where it gives none."""
    file.seek(0)
    head = file.read(8)
    length = int.from_bytes(head[4:], "big" if head[:4] == b"RIFX" else "little")
    return length + 8 + length % 2 if 0 < length < ENDLESS else None


def _form(file: BinaryIO, head: bytes, size: int) -> int | None:
    length = int.from_bytes(head[4:8], "big")
    return length + 8 - 1 if 0 < length < ENDLESS else None  # the last byte may be padding


def _avi(file: BinaryIO, head: bytes, size: int) -> int | None:
    return riff_end(file) if head[8:12] == b"AVI " else None  # of wav the data chunk counts: see header.py


def _au(file: BinaryIO, head: bytes, size: int) -> int | None:
    order = "big" if head[:4] == b".snd" else "little"
    begin, length = int.from_bytes(head[4:8], order), int.from_bytes(head[8:12], order)
    return begin + length if 0 < length < 0xFFFFFFFF else None


def _wave64(file: BinaryIO, head: bytes, size: int) -> int | None:
    at = 40
    while at + 24 <= size:
        file.seek(at)
        chunk = file.read(24)
        length = int.from_bytes(chunk[16:], "little")  # with its own 24 bytes
        if chunk[:16] == WAVE64_DATA:
            return at + length if 24 < length < 1 << 62 else None
        if length < 24:
            return None
        at += length + -length % 8
    return None


def _caf(file: BinaryIO, head: bytes, size: int) -> int | None:
    at = 8
    while at + 12 <= size:
        file.seek(at)
        chunk = file.read(12)
        if chunk[:4] == b"caff":  # another file
            return at
        length = int.from_bytes(chunk[4:], "big", signed=True)
        if length < 0:  # of data that goes on to the end of the file
            return None
        at += 12 + length
    return at


def _mp4(file: BinaryIO, size: int) -> int | None:
    """The end of the top-level boxes of an mp4 or mov (ISO/IEC 14496-12), or where the `ftyp` of another file is."""
    at = 0
    while at + 16 <= size:
        file.seek(at)
        box = file.read(16)
        length, kind = int.from_bytes(box[:4], "big"), box[4:8]
        if at and kind == b"ftyp" or not kind.isalnum():
            return at
        if length == 1:
            length = int.from_bytes(box[8:], "big")
        if length < 8:  # 0: to the end of the file
            return None
        at += length
    return at


def _avr(file: BinaryIO, head: bytes, size: int) -> int | None:
    channels = 2 if int.from_bytes(head[12:14], "big") == 0xFFFF else 1
    frames = int.from_bytes(head[26:30], "big")
    return 128 + frames * channels * (int.from_bytes(head[14:16], "big") // 8)


def _voc(file: BinaryIO, head: bytes, size: int) -> int | None:
    at = int.from_bytes(head[20:22], "little")
    while at < size:
        file.seek(at)
        block = file.read(4)
        if block[:1] == b"\0" or len(block) < 4:
            return None
        at += 4 + int.from_bytes(block[1:], "little")
    return at


def _nist(file: BinaryIO, head: bytes, size: int) -> int | None:
    file.seek(0)
    text = file.read(1024).decode("latin-1")
    fields = dict(re.findall(r"^(\w+) -i (\d+)", text, re.MULTILINE))
    if re.search(r"^sample_coding -s\d+ .*shorten", text, re.MULTILINE) or "sample_count" not in fields:
        return None
    frame = int(fields.get("sample_n_bytes", 1)) * int(fields.get("channel_count", 1))
    return int(text[8:16].strip() or 1024) + int(fields["sample_count"]) * frame


def _mpc(file: BinaryIO, head: bytes, size: int) -> int | None:
    channels = 2 if head[21] else 1
    return 42 + 2 * channels * int.from_bytes(head[30:34], "little")


def _matroska(file: BinaryIO, head: bytes, size: int) -> int | None:
    """The EBML header, then the segment; a size of all ones is unknown."""
    _, header = _ebml_size(head, 4)
    at = 4 + _ebml_size(head, 4)[0] + (header or 0)
    file.seek(at)
    start = file.read(12)
    if start[:4] != SEGMENT:
        return None
    width, length = _ebml_size(start, 4)
    return None if length is None else at + 4 + width + length


def _ebml_size(data: bytes, at: int) -> tuple[int, int | None]:
    """(its own bytes, the value or None) of a variable-length size."""
    if at >= len(data) or data[at] == 0:
        return 1, None
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return width, None if value == (1 << 7 * width) - 1 else value


FORMATS: dict[bytes, Callable[[BinaryIO, bytes, int], int | None]] = {
    b"FORM": _form,
    b"RIFF": _avi,
    b".snd": _au,
    b"dns.": _au,
    WAVE64: _wave64,
    b"caff": _caf,
    b"2BIT": _avr,
    b"Creative Voice File": _voc,
    b"NIST_1A": _nist,
    b"\x01\x04": _mpc,
    EBML: _matroska,
}
