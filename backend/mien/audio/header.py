# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers of sound files: faults that they show before anything is decoded."""

import struct
from typing import BinaryIO

from mien.errors import FILE, MienError


class SpeechError(MienError, ValueError):
    """A sound cannot be read; the message says what was found and what to do."""

    exit_status = FILE


def check_header(file: BinaryIO, name: str) -> None:
    """SpeechError for faults that decoders report unclearly: no bytes, text, an impossible wav or aiff header."""
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise SpeechError(f"The file {name!r} is empty (0 bytes). Record or export it again.")
    head = file.read(4096)
    if _is_text(head):
        raise SpeechError(f"The file {name!r} holds text, not sound, whatever its name says. Choose the sound file.")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        _check_wav(file, size, name)
    declared = int.from_bytes(head[4:8], "big") + 8
    if head[:4] == b"FORM" and head[8:11] == b"AIF" and declared > size + 1:
        raise SpeechError(
            f"The file {name!r} is cut short: its header promises {declared} bytes and {size} are there. "
            "Copy it again or export it again."
        )
    file.seek(0)


def mp3_has_length(file: BinaryIO) -> bool:
    """Whether a file, if it is an mp3, has the Xing or Info frame with the number of its samples.

    Without one libsndfile estimates the length from the first frames and reads no further: 1.0 s of 5 s was measured
    for a variable bit rate.
    """
    file.seek(0)
    tag = file.read(10)
    if tag[:3] == b"ID3":  # its size in four bytes of seven bits
        file.seek(10 + sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=False)))
    else:
        file.seek(0)
    frame = file.read(200)
    file.seek(0)
    return b"Xing" in frame or b"Info" in frame


def _is_text(head: bytes) -> bool:
    """Whether a file that begins with these bytes is plain text; a multi-byte character may be cut at the end."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\r\n\t\f\ufeff" for letter in text)


def _check_wav(file: BinaryIO, size: int, name: str) -> None:
    """Walk the chunks of a wav. SpeechError for 0 channels, 0 Hz, no data chunk, or one longer than the file."""
    at, frame_bytes, bytes_per_second = 12, 1, 0
    while at + 8 <= size:
        file.seek(at)
        kind, length = struct.unpack("<4sI", file.read(8))
        if kind == b"fmt " and length >= 16:
            fields = file.read(16)
            if len(fields) < 16:
                break
            _, channels, rate, bytes_per_second, frame_bytes, _ = struct.unpack("<HHIIHH", fields)
            for value, fault in ((channels, "0 channels"), (rate, "a sample rate of 0 Hz")):
                if value == 0:
                    raise SpeechError(f"The header of {name!r} gives {fault}, so it holds no sound. Export it again.")
        if kind == b"data":
            present = size - at - 8
            # Recorders that cannot seek back write 0, or a size beyond 2 GiB.
            if 0 < length < 0x7FFFF000 and present < length - max(frame_bytes, 1):
                seconds = "" if not bytes_per_second else f" ({length / bytes_per_second:.2f} s)"
                raise SpeechError(
                    f"The file {name!r} is cut short: its header promises {length} bytes of sound{seconds} "
                    f"and {present} "
                    "are there. Copy it again, or open and export it in a sound editor to keep what is left."
                )
            return
        at += 8 + length + length % 2
    raise SpeechError(f"The header of {name!r} is damaged or cut short: it leads to no sound. Export it again.")
