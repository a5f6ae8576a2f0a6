# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound tracks that FFmpeg decodes: m4a, the sound of mp4, mov and mkv, more than two channels, and whatever libsndfile
refuses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from mien.audio.header import SpeechError
from mien.audio.source import BLOCK, TOLERANCE_S, Source, cut_short_error, damage_error

# The containers that FFmpeg may open: its playlist and script formats open other files, which an uploaded sound must
# not be able to do.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,aac,ogg,flac,wav,w64,aiff,caf,au,amr,ac3,eac3,asf,avi,flv,mpeg,"
    "mpegts,mxf,ape,wv,tta,dsf"
)
BETWEEN = 64  # packets, one after another, that may be no sound between two mp3s
DECLARES_LENGTH = ("wv", "tta", "ape", "dsf")  # and mov: of others FFmpeg may estimate it from the bit rate


def ffmpeg_sources(file: BinaryIO, name: str) -> list[Source]:
    """The sound tracks, the one that a player would choose first. Raises SpeechError where there is none."""
    with _opened(file, name) as container:
        best = container.streams.best("audio")
        if best is None:
            content = "has a picture but no sound" if container.streams.video else "has no sound in it"
            raise SpeechError(f"The file {name!r} {content}. Choose a file with a sound track, or export it with one.")
        streams = container.streams.audio
        order = sorted(range(len(streams)), key=lambda i: streams[i].index != best.index)
        sources = [_source(file, name, container, i, len(streams)) for i in order if streams[i].codec_context]
    if not sources:
        raise SpeechError(f"The sound in {name!r} is of a kind that FFmpeg cannot decode. Export it as WAV or FLAC.")
    return sources


def _source(file: BinaryIO, name: str, container: InputContainer, number: int, tracks: int) -> Source:
    stream = container.streams.audio[number]
    end, context = _declared_end(container, stream), stream.codec_context
    names = tuple("" if channel.name == "NONE" else channel.name for channel in context.layout.channels)
    declared = end is not None or container.format.name in DECLARES_LENGTH
    seconds = _seconds(stream) if declared else None

    def decode() -> Iterator[np.ndarray]:
        with _opened(file, name) as again:
            yield from _blocks(again, again.streams.audio[number], end, seconds, name)

    label = ", ".join(filter(None, (stream.metadata.get(key, "") for key in ("language", "title")))).removeprefix("und")
    return Source(context.sample_rate, seconds, names or ("",), decode, number + 1, tracks, label.strip(", ")[:60])


def _opened(file: BinaryIO, name: str) -> InputContainer:
    file.seek(0)
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    try:
        return cast(InputContainer, av.open(file, "r", options=options, metadata_errors="replace"))
    except av.FFmpegError as error:
        raise SpeechError(
            f"The file {name!r} cannot be read as sound: its header is damaged or its format is unknown. "
            "Export it again as WAV, FLAC or MP4."
        ) from error


def _seconds(stream: AudioStream) -> float:
    """The declared length; 0 without one."""
    return float((stream.duration or 0) * (stream.time_base or 0))


def _declared_end(container: InputContainer, stream: AudioStream) -> Fraction | None:
    """The time stamp, in seconds, at which the sound of an mp4 or mov ends; None for other formats."""
    if not container.format.name.startswith("mov") or not stream.duration:
        return None
    if stream.start_time is None or stream.time_base is None:
        return None
    return (stream.start_time + stream.duration) * stream.time_base


def _blocks(
    container: InputContainer, stream: AudioStream, end: Fraction | None, seconds: float | None, name: str
) -> Iterator[np.ndarray]:
    rate, channels = stream.codec_context.sample_rate, max(1, stream.codec_context.channels)
    done, origin, held = 0, _picture_start(container), None
    try:
        for frame in _frames(container, stream):
            if (frame.sample_rate, len(frame.layout.channels)) != (rate, channels):
                now = f"{frame.sample_rate} Hz, {len(frame.layout.channels)} channels"
                raise SpeechError(
                    f"The sound {name!r} changes from {rate} Hz, {channels} channels to {now} on the way. Export it "
                    "again with one rate and one layout."
                )
            if held is not None:
                yield held
                done, held = done + len(held), None
            if frame.pts is not None and frame.time_base is not None:
                at = frame.pts * frame.time_base
                origin = at if origin is None else origin if done else min(origin, at)
                missing = round((at - origin) * rate) - done
                # Time stamps of mkv are whole milliseconds: only more than 20 ms is a gap.
                while missing > rate // 50:
                    silence = np.zeros((min(missing, max(1, BLOCK // channels)), channels), np.float32)
                    yield silence
                    done, missing = done + len(silence), missing - len(silence)
            held = _values(frame)[: _audible_samples(frame, end, rate)]
    except av.FFmpegError as error:
        raise damage_error(name, error.strerror or str(error)) from error
    if held is not None:
        yield held
        done += len(held)
    if seconds is not None and seconds - done / rate > TOLERANCE_S:
        raise cut_short_error(name, seconds, done / rate)


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]:
    """The decoded frames; of joined mp3s without what lies between two of them, such as tags."""
    bad = 0
    for packet in container.demux(stream):
        try:
            frames = cast(list[av.AudioFrame], packet.decode())
        except av.InvalidDataError:
            bad += 1
            if container.format.name != "mp3" or bad > BETWEEN:
                raise
            continue
        if frames:
            bad = 0
        yield from frames
    if bad:
        raise av.InvalidDataError(0, "Invalid data found at its end")


def _picture_start(container: InputContainer) -> Fraction | None:
    """The time stamp, in seconds, of the first picture; None without one (a cover image does not count)."""
    for stream in container.streams.video:
        cover = stream.disposition & Disposition.attached_pic
        if not cover and stream.start_time is not None and stream.time_base is not None:
            return stream.start_time * stream.time_base
    return None


def _audible_samples(frame: av.AudioFrame, end: Fraction | None, rate: int) -> int:
    """How many samples of a frame are no padding.

    An mp4 gives its last packet a shorter duration (FFmpeg) or ends its edit list earlier (Apple, whose ticks may be
    1/600 s, so that less than 2 ms is rounding).
    """
    count = frame.samples
    if not frame.duration or frame.pts is None or frame.time_base is None or frame.time_base > Fraction(1, rate):
        return count
    count = min(count, round(frame.duration * frame.time_base * rate))
    if end is not None:
        remaining = round((end - frame.pts * frame.time_base) * rate)
        if count - remaining > rate // 500:
            count = max(0, remaining)
    return count


def _values(frame: av.AudioFrame) -> np.ndarray:
    """(n, channels) float32 samples of a decoded frame: integers divided by their full scale."""
    values: np.ndarray = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, len(frame.layout.channels))
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128) / 128
    if np.issubdtype(values.dtype, np.integer):
        return (values / -float(np.iinfo(values.dtype).min)).astype(np.float32)
    return values.astype(np.float32, copy=False)
