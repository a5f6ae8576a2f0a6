# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata tag `comment` of a film's container, which FFmpeg and most editors carry into what they write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import av
import av.container
import av.error

from mien.files.atomic import atomic_path
from mien.video import VideoError

TAG = "comment"
MARK = "Mien"  # in every tag that Mien writes


def read_tag(path: Path) -> str:
    """The text of the tag; empty where there is none. Raises VideoError for what is no film, OSError."""
    require_no_pipe(path)
    try:
        with _opened(path) as film:
            tags = {key.lower(): text for key, text in film.metadata.items()}
    except av.error.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise VideoError(f"{path} cannot be read as a film or sound: {error.strerror or error}.") from error
    return tags.get(TAG, "")


def require_no_pipe(path: Path) -> None:
    """VideoError for a pipe: opening it would wait for somebody who writes."""
    if path.is_fifo():
        raise VideoError(f"{str(path)!r} is a pipe, and a film is read more than once. Write it into a file first.")


def has_tag(path: Path) -> bool:
    """Whether Mien wrote the tag of this film. Raises VideoError, OSError."""
    return MARK in read_tag(path)


def write_tag(path: Path, tags: Mapping[str, str], name: str | None = None) -> None:
    """Write these tags into the film at `path`, in place, by copying its streams; `name`: of the film in messages,
    where `path` is a temporary file. Raises VideoError, OSError."""
    try:
        with atomic_path(path) as part, _opened(path) as film:
            options = {"movflags": "+faststart"} if path.suffix.lower() in (".mp4", ".mov", ".m4v") else {}
            with av.open(str(part), "w", options=options) as copy:
                copy.metadata.update({**film.metadata, **tags})
                streams = {
                    stream.index: copy.add_stream_from_template(stream)
                    for stream in film.streams
                    if stream.type in ("video", "audio", "subtitle")
                }
                for packet in _timed(film):
                    if packet.stream.index in streams:
                        packet.stream = streams[packet.stream.index]
                        copy.mux(packet)
    except av.error.FFmpegError as error:
        raise VideoError(f"The film {name or path.name!r} could not be marked: {error.strerror or error}.") from error


def _opened(path: Path) -> av.container.InputContainer:
    """From the root on, so that a name with a colon is no protocol; other tags need not be text."""
    return av.open(str(path.absolute()), metadata_errors="replace")


def _timed(film: av.container.InputContainer) -> Iterator[av.Packet]:
    """The packets of a film, each with a decoding time. Matroska has none for the first ones of a stream whose pictures
    are out of order: they get times one tick apart before the first that is known."""
    waiting: dict[int, list[av.Packet]] = {}
    for packet in film.demux():
        if not packet.size:  # the end of a stream
            continue
        early = waiting.setdefault(packet.stream.index, [])
        if packet.dts is None:
            early.append(packet)
            continue
        yield from _in_order(early, packet.dts)
        early.clear()
        yield packet
    for early in waiting.values():
        times = [packet.pts for packet in early if packet.pts is not None]
        yield from _in_order(early, min(times, default=0) + 1)


def _in_order(packets: list[av.Packet], before: int) -> Iterator[av.Packet]:
    for place, packet in enumerate(packets):
        packet.dts = before - len(packets) + place
        yield packet
