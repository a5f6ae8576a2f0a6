# SPDX-License-Identifier: GPL-3.0-or-later
"""Films and photos to Footage: FFmpeg (PyAV) reads films, Pillow reads photos.

The times of a film are its own, whether its rate is constant or not. A picture is given as it is meant to be seen:
turned and mirrored by the file's display matrix, its pixels made square, in 8-bit sRGB with full range; HDR (PQ, HLG)
and wide colours are mapped down by FFmpeg's scaler. Interlaced film is not taken apart, only noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.reformatter import VideoReformatter

from mien.video import VideoError
from mien.video.footage import Footage, Picture
from mien.video.photo import read_photo

# As for sound: FFmpeg's playlist and script formats open other files, and a film that somebody uploads must not.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegts,mpegvideo,mxf,asf,ogg,gif,apng,h264,hevc,ivf,dv,nut,"
    "yuv4mpegpipe,mjpeg,m4v"
)
# What a film without video may be: sound, which is named as such.
SOUNDS = "mp3,aac,flac,wav,w64,aiff,caf,au,amr,ac3,eac3"
SIDE_LIMIT = 16384  # pixels
RATE = Fraction(25)  # where a file names none
RATE_LIMIT = 1000  # pictures a second; beyond, the header names a clock and no rate
MISSING = Fraction(1, 2)  # seconds that a header may promise and a film lack
BT709, SMPTE170M, BT2020, UNSPECIFIED = 1, 6, 9, 2  # ITU-T H.273
PQ, HLG, SRGB = 16, 18, 13
ITU709 = 1
HD = 720  # lines from which an unmarked film is taken for BT.709


def open_footage(path: Path | str) -> Footage:
    """The film or photo at `path`. VideoError, in words, for what is neither, or cannot be decoded."""
    path = Path(path)
    if path.is_dir():
        raise VideoError(f"{str(path)!r} is a folder, not a film or a photo. Name one file in it.")
    if path.is_fifo():  # opening it would wait for somebody who writes
        raise VideoError(f"{str(path)!r} is a pipe, and a film is read more than once. Write it into a file first.")
    try:
        with path.open("rb") as file:
            photo = read_photo(file, path.name)
    except FileNotFoundError:
        raise VideoError(f"There is no file {str(path)!r}. Check the name and the folder.") from None
    except OSError as error:
        raise VideoError(f"The file {str(path)!r} cannot be opened: {error.strerror or error}.") from error
    if photo is not None:
        pixels, notes = photo
        return Footage(
            name=path.name,
            width=pixels.shape[1],
            height=pixels.shape[0],
            rate=RATE,
            length=1 / RATE,
            has_sound=False,
            start=Fraction(0),
            still=True,
            notes=notes,
            open_pictures=lambda: iter([Picture(Fraction(0), pixels)]),
        )
    return _open_film(path)


def _open_film(path: Path) -> Footage:
    with opened_film(path) as container:
        stream = picture_stream(container, path.name)
        frame = _first_frame(container, stream, path.name)
        converter = _Converter(frame, stream)
        height, width = converter(frame).shape[:2]
        first = _time(frame)
        begin = _seconds(stream.time_base, stream.start_time)
        length = _container_length(stream, first)
        rate = _rate(stream)
        notes = converter.notes
    sound = _sound_begin(path)
    return Footage(
        name=path.name,
        width=width,
        height=height,
        rate=rate,
        length=length,
        has_sound=sound is not None,
        start=Fraction(0) if sound is None else max(Fraction(0), first - min(first if begin is None else begin, sound)),
        still=False,
        notes=notes,
        open_pictures=partial(_decoded, path, rate),
    )


def _decoded(path: Path, rate: Fraction) -> Iterator[Picture]:
    with opened_film(path) as container:
        stream = picture_stream(container, path.name)
        stream.thread_type = "AUTO"
        converter, first, time, end = None, None, None, Fraction(0)
        try:
            for frame in container.decode(stream):
                if converter is None:
                    converter = _Converter(frame, stream)
                if frame.pts is not None:
                    at = _time(frame)
                    first = at if first is None else first
                    now = at - first
                else:  # a bare stream has no clock
                    first = first or Fraction(0)
                    now = Fraction(0) if time is None else time + 1 / rate
                if time is not None and now <= time:
                    continue  # a second picture for the same moment is never seen
                time = now
                end = time + (_seconds(frame.time_base, frame.duration or None) or 1 / rate)
                yield Picture(time, converter(frame))
        except av.FFmpegError as error:
            raise VideoError(
                f"The film {path.name!r} is damaged or cut short: after {float(end):.2f} s it cannot be decoded "
                f"({error.strerror}). Copy it again or export it again."
            ) from error
        promised = _container_length(stream, first or Fraction(0)) or Fraction(0)
        if promised - end > MISSING:
            raise VideoError(
                f"The film {path.name!r} is cut short: its header promises {float(promised):.2f} s and "
                f"{float(end):.2f} s can be read. Copy it again or export it again."
            )


@contextmanager
def opened_film(path: Path) -> Iterator[InputContainer]:
    """The container of a film, or VideoError. FFmpeg gets an open file and may open no other."""
    options = {"format_whitelist": f"{CONTAINERS},{SOUNDS}", "protocol_whitelist": "none"}
    with path.open("rb") as file:
        try:
            container = av.open(file, "r", options=options, metadata_errors="replace")
        except (OSError, ValueError) as error:  # FFmpeg's own are OSErrors; others come of seeks before the file
            raise VideoError(
                f"The file {path.name!r} cannot be read as a film or a photo: it is damaged or cut short, or its "
                "format is unknown. Export it again as MP4 (H.264), or as PNG or JPEG."
            ) from error
        with container:
            yield container


def picture_stream(container: InputContainer, name: str) -> av.VideoStream:
    """The first stream of moving pictures, no cover. VideoError where there is none."""
    covers = 0
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            covers += 1
        elif stream.codec_context is None:
            raise VideoError(f"The film {name!r} is of a kind that FFmpeg cannot decode. Export it as MP4 (H.264).")
        else:
            return stream
    found = "a cover picture and sound" if covers else "sound alone" if container.streams.audio else "no video"
    raise VideoError(f"The file {name!r} has {found}, no moving pictures. Choose a film or a photo.")


def _first_frame(container: InputContainer, stream: av.VideoStream, name: str) -> av.VideoFrame:
    try:
        frame = next(container.decode(stream), None)
    except av.FFmpegError as error:
        raise VideoError(f"The film {name!r} cannot be decoded ({error.strerror}). Export it again.") from error
    if frame is None:
        raise VideoError(f"The film {name!r} has a header but no pictures: it lasts 0 s. Export it again.")
    if max(frame.width, frame.height) > SIDE_LIMIT:
        raise VideoError(
            f"The film {name!r} is {frame.width}x{frame.height} pixels; up to {SIDE_LIMIT} a side are read. Scale it."
        )
    return frame


def _time(frame: av.VideoFrame) -> Fraction:
    return _seconds(frame.time_base, frame.pts) or Fraction(0)


def _container_length(stream: av.VideoStream, first: Fraction) -> Fraction | None:
    """Seconds from the first picture, at `first`, to the end of the last, as the header says; mkv has it in a tag."""
    if stream.duration:
        return _seconds(stream.time_base, stream.duration)
    tag = re.fullmatch(r"(\d{1,4}):(\d\d):(\d\d\.\d{1,9})", stream.metadata.get("DURATION", ""))
    if not tag:
        return None
    end = int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])
    return end - first if end > first else None


def _rate(stream: av.VideoStream) -> Fraction:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate is not None and 0 < rate <= RATE_LIMIT:
            return Fraction(rate).limit_denominator(1001)
    return RATE


def _sound_begin(path: Path) -> Fraction | None:
    """The time stamp of the sound's first sample in seconds; None without a sound track."""
    with opened_film(path) as container:
        stream = container.streams.best("audio")
        if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
            return None
        try:
            for frame in container.decode(stream):
                if (begin := _seconds(frame.time_base, frame.pts)) is not None:
                    return begin
        except av.FFmpegError:
            pass  # a damaged sound track is for those to say who read it; the pictures do without
        return _seconds(stream.time_base, stream.start_time)


def clock_begin(path: Path) -> Fraction:
    """The time stamp in the film's container of what is second 0 in `mien.audio`, in Footage.start and in excerpts."""
    with opened_film(path) as container:
        stream = picture_stream(container, path.name)
        begin = _seconds(stream.time_base, stream.start_time)
    return min((time for time in (begin, _sound_begin(path)) if time is not None), default=Fraction(0))


def _seconds(time_base: Fraction | None, ticks: int | None) -> Fraction | None:
    return None if ticks is None or time_base is None else ticks * time_base


class _Converter:
    """Decoded frames to (H, W, 3) uint8 sRGB as they are seen. `notes`: what it does beyond the usual."""

    def __init__(self, frame: av.VideoFrame, stream: av.VideoStream) -> None:
        self._scaler = VideoReformatter()  # one for all frames: the colour map of HDR takes it seconds to make
        self._coded = frame.width, frame.height
        self._shape = stream.sample_aspect_ratio or Fraction(1)
        if not Fraction(1, 8) < self._shape < 8:
            self._shape = Fraction(1)
        self._matrix = _display_matrix(frame)
        notes = []
        if frame.interlaced_frame:
            notes.append("the film is interlaced: fast movement has combs; deinterlace it for better landmarks")
        if frame.color_trc in (PQ, HLG):
            kind = "PQ" if frame.color_trc == PQ else "HLG"
            notes.append(f"the film is HDR ({kind}); it was mapped to 8-bit sRGB")
        elif frame.color_primaries == BT2020:
            notes.append("the film has wide colours (BT.2020); they were mapped to sRGB")
        elif max(component.bits for component in frame.format.components) > 8:
            notes.append("the film has more than 8 bits a colour; 8 are used")
        if self._shape != 1:
            notes.append(f"the film's pixels are not square ({self._shape}); it was stretched as it is meant")
        self.notes = tuple(notes)

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        if (frame.width, frame.height) != self._coded:
            raise VideoError(
                f"The film changes its size on the way, from {self._coded[0]}x{self._coded[1]} to "
                f"{frame.width}x{frame.height}. Export it again with one size."
            )
        width = max(1, round(frame.width * self._shape))
        options: dict[str, int] = {"dst_color_range": 2}
        if frame.color_trc in (PQ, HLG) or frame.color_primaries == BT2020:
            options |= {"dst_color_trc": SRGB, "dst_color_primaries": BT709}
        elif frame.colorspace == UNSPECIFIED and frame.height >= HD:
            options["src_colorspace"] = ITU709
        try:
            rgb = self._scaler.reformat(frame, width=width, height=frame.height, format="rgb24", **options)
        except (ValueError, av.FFmpegError) as error:
            raise VideoError(f"The colours of the film cannot be converted ({error}). Export it as MP4.") from error
        return _displayed(rgb.to_ndarray(), self._matrix)


def _display_matrix(frame: av.VideoFrame) -> np.ndarray:
    """(2, 2) of -1, 0, 1: how the decoded picture's axes lie on the screen (x right, y down)."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return np.eye(2, dtype=int)
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()  # 16.16 fixed point
    matrix = np.sign([[a, c], [b, d]]) * (np.abs([[a, c], [b, d]]) > 1 << 15)
    square = abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]) == 1
    return matrix if square else np.eye(2, dtype=int)  # other angles are no phone's


def _displayed(pixels: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    if matrix[0, 0] == 0:  # the picture's x runs along the screen's y
        pixels = pixels.swapaxes(0, 1)
        across, down = matrix[0, 1], matrix[1, 0]
    else:
        across, down = matrix[0, 0], matrix[1, 1]
    return np.ascontiguousarray(pixels[::down, ::across])
