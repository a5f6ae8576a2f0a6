# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers of sound files: faults that they show before anything is decoded, and what a decoder has to be told."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO, cast

from mien.audio.container_length import (
    ENDLESS,
    Chunk,
    joined,
    ogg_links,
    promised_end,
    riff_chunks,
    riff_end,
    unended_ogg,
)
from mien.audio.spliced import Spliced
from mien.errors import FILE, MienError

# Chunks that may stand behind the data of a wav: after an empty data chunk these are no sound
BEHIND = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"fact", b"cue ", b"PEAK", b"smpl", b"iXML", b"axml", b"chna", b"_PMX")
TAG = 2048  # bytes of a tag at the end of an mp3, at most; with a longer one FFmpeg reads it
WAVES = (b"RIFF", b"RIFX", b"RF64", b"BW64")


class SpeechError(MienError, ValueError):
    """A sound cannot be read; the message says what was found and what to do."""

    exit_status = FILE


@dataclass(frozen=True)
class Checked:
    """A file to decode. `whole`: whether libsndfile would read all of it; `notes`: sentences for the user; `links`:
    (begin, end) in bytes of the sounds in it, where it may have several."""

    file: BinaryIO
    whole: bool = True
    notes: tuple[str, ...] = ()
    links: tuple[tuple[int, int], ...] = ()


def check_header(file: BinaryIO, name: str) -> Checked:
    """SpeechError for faults that decoders report unclearly or not at all: no bytes, text, an impossible wav header, a
    file that is shorter than its container promises, or two sounds one after the other."""
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise SpeechError(f"The file {name!r} is empty (0 bytes). Record or export it again.")
    head = file.read(4096)
    if _is_text(head) and not head.startswith(b"NIST_1A"):
        raise SpeechError(f"The file {name!r} holds text, not sound, whatever its name says. Choose the sound file.")
    checked = Checked(file)
    if head[:4] in WAVES and head[8:12] == b"WAVE":
        checked = _check_wav(file, size, name)
    elif head[:4] == b"OggS":
        note = f"The file {name!r} has no end: the recording may be cut short, and what is there was read."
        checked = Checked(file, notes=(note,) if unended_ogg(file, size) else (), links=ogg_links(file, size))
    else:
        checked = Checked(file, mp3_has_length(file, size))
        promised = promised_end(file, size)
        slack = 0
        if promised is None:  # encoders count the first frame of an mp3, and a tag, or leave them out
            promised, slack = _mp3_length(file)[2], TAG
        if promised is not None and promised > size + slack:
            raise SpeechError(
                f"The file {name!r} is cut short: its header promises {promised} bytes and {size} are there. "
                "Copy it again or export it again."
            )
        if joined(file, None if promised is None else promised + (head[:4] == b"FORM"), size) or _joined_flac(file):
            raise _two_sounds(name)
    checked.file.seek(0)
    return checked


def mp3_has_length(file: BinaryIO, size: int | None = None) -> bool:
    """Whether a file, if it is an mp3, has the Xing or Info frame with the number of its samples, and no further sound
    behind the bytes that this counts, when the `size` of the file is given.

    Without one libsndfile estimates the length from the first frames and reads no further: 1.0 s of 5 s was measured
    for a variable bit rate. Of two mp3s joined it reads the first.
    """
    found, begin, length = _mp3_length(file)
    # behind it there may be a tag
    return found and (size is None or length is None or size - begin - length < TAG)


def _mp3_length(file: BinaryIO) -> tuple[bool, int, int | None]:
    """(whether there is a Xing or Info frame, where the first frame begins, the bytes that it counts)."""
    file.seek(0)
    tag, begin = file.read(10), 0
    if tag[:3] == b"ID3":  # its size in four bytes of seven bits
        begin = 10 + sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=False))
    file.seek(begin)
    frame = file.read(200)
    file.seek(0)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or tag[:3] != b"ID3" and (len(tag) < 2 or tag[0] != 0xFF or tag[1] < 0xE0):
        return at >= 0, begin, None
    if len(frame) < at + 16 or not frame[at + 7] & 2:
        return True, begin, None
    counts = frame[at + 8 + 4 * (frame[at + 7] & 1) :]
    return True, begin, int.from_bytes(counts[:4], "big")


def _joined_flac(file: BinaryIO) -> bool:
    """Whether another flac begins behind the first: its mark, and its STREAMINFO of 34 bytes."""
    file.seek(0)
    if file.read(4) != b"fLaC":
        return False
    mark, rest = b"fLaC\x00\x00\x00\x22", b""
    while block := file.read(1 << 20):
        if mark in rest + block or mark.replace(b"\x00\x00\x00", b"\x80\x00\x00") in rest + block:
            return True
        rest = block[-len(mark) :]
    return False


def _two_sounds(name: str) -> SpeechError:
    return SpeechError(
        f"The file {name!r} holds two sounds, one behind the other, and programs play only the first. Cut it into its "
        "parts, or join them in a sound editor."
    )


def _is_text(head: bytes) -> bool:
    """Whether a file that begins with these bytes is plain text; a multi-byte character may be cut at the end."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\r\n\t\f\ufeff" for letter in text)


def _check_wav(file: BinaryIO, size: int, name: str) -> Checked:
    """Walk the chunks of a wav. SpeechError for 0 channels, 0 Hz, no data chunk, or one longer than the file.

    Several data chunks, and one of unknown length, are read as one.
    """
    file.seek(0)
    kind = file.read(4)
    big, end = kind == b"RIFX", riff_end(file) if kind in (b"RIFF", b"RIFX") else None
    if joined(file, end, size):
        raise _two_sounds(name)
    parts: list[tuple[int, int]] = []
    form, frame_bytes, rebuild = None, 1, False
    for chunk in riff_chunks(file, size):
        if chunk.kind == b"fmt " and chunk.end - chunk.begin >= 16 and form is None:
            form = _form_of(file, chunk, name, big)
            frame_bytes = max(1, form.frame_bytes)
        if chunk.kind != b"data":
            continue
        length, present = chunk.end - chunk.begin, size - chunk.begin
        if length == 0 and (present <= 0 or _begins_chunk(file, chunk.begin)):
            continue
        if length == 0 or length >= ENDLESS and chunk.end > size:
            # Recorders that cannot seek back write 0, or a size beyond 2 GiB.
            parts.append((chunk.begin, size))
            rebuild = rebuild or length == 0 or bool(parts[1:])
            break
        if present < length - frame_bytes:
            rate = form.bytes_per_second if form else 0
            seconds = f" ({length / rate:.2f} s)" if rate else ""
            raise SpeechError(
                f"The file {name!r} is cut short: its header promises {length} bytes of sound{seconds} and {present} "
                "are there. Copy it again, or open and export it in a sound editor to keep what is left."
            )
        parts.append((chunk.begin, min(chunk.end, size)))
    if form is None or not parts:
        if form is not None and any(chunk.kind == b"data" for chunk in riff_chunks(file, size)):
            return Checked(file)  # without a sample, which is said later
        raise SpeechError(f"The header of {name!r} is damaged or cut short: it leads to no sound. Export it again.")
    if len(parts) == 1 and not rebuild:
        return Checked(file)
    note = f"The file {name!r} has {len(parts)} chunks of sound; all were read, one behind the other."
    return Checked(_one_chunk(file, form, parts, big), notes=(note,) if parts[1:] else ())


@dataclass(frozen=True)
class Form:
    """The contents of a fmt chunk."""

    data: bytes
    bytes_per_second: int
    frame_bytes: int


def _form_of(file: BinaryIO, chunk: Chunk, name: str, big: bool) -> Form:
    file.seek(chunk.begin)
    fields = file.read(min(chunk.end - chunk.begin, 4096))
    if len(fields) < 16:
        return Form(fields, 0, 0)
    order = ">" if big else "<"
    _, channels, rate, bytes_per_second, frame_bytes, _ = struct.unpack(f"{order}HHIIHH", fields[:16])
    for value, fault in ((channels, "0 channels"), (rate, "a sample rate of 0 Hz")):
        if value == 0:
            raise SpeechError(f"The header of {name!r} gives {fault}, so it holds no sound. Export it again.")
    return Form(fields, bytes_per_second, frame_bytes)


def _begins_chunk(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    return file.read(4) in (b"data", *BEHIND)


def _one_chunk(file: BinaryIO, form: Form, parts: list[tuple[int, int]], big: bool) -> BinaryIO:
    """A wav with one data chunk of all parts. Beyond 4 GiB the size stays that of a recorder that cannot seek back."""
    order = ">" if big else "<"
    length = min(sum(end - begin for begin, end in parts), 0xFFFFFFFF - 4096)
    fmt = b"fmt " + struct.pack(f"{order}I", len(form.data)) + form.data + bytes(len(form.data) % 2)
    body = b"WAVE" + fmt + b"data" + struct.pack(f"{order}I", length)
    head = (b"RIFX" if big else b"RIFF") + struct.pack(f"{order}I", length + len(body)) + body
    return cast(BinaryIO, io.BufferedReader(Spliced(head, file, parts)))
