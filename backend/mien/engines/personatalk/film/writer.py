# SPDX-License-Identifier: GPL-3.0-or-later
"""A dubbed film on the disk: pictures with the source's colours and times, the new voice, the source's other sounds.

All streams are encoded and copied side by side, so that memory does not grow with the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import numpy as np
from av.audio.resampler import AudioResampler

from mien.engines.personatalk import DubError
from mien.engines.personatalk.options import DubOptions

CRF, PRESET = 17, "fast"
KEYFRAME_SECONDS = Fraction(1, 2)
SOUND_RATE, SOUND_BITS, SOUND_FRAME = 48000, 160_000, 1024
FINE_TICKS = 90000  # a second, where pictures do not keep a rate
BT709, UNSPECIFIED, SMPTE170M, MPEG, FULL = 1, 2, 6, 1, 2  # ISO/IEC 23091-2; AVColorRange
ITU709, ITU601 = 1, 5  # of the scaler
HD = 720
SUFFIXES = {"h264": (".mp4", ".mov", ".m4v", ".mkv"), "lossless": (".mkv",)}
HDR = (16, 18)  # transfer curves that the reader maps down


@dataclass(frozen=True)
class Colours:
    """As the source's stream has them."""

    primaries: int
    transfer: int
    matrix: int
    range: int

    @classmethod
    def of(cls, path: Path) -> Colours:
        with av.open(str(path)) as container:
            context = container.streams.video[0].codec_context
            read = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
            primaries, transfer, matrix, span = (int(value or 0) for value in read)
        if transfer in HDR or primaries == 9 or matrix not in (BT709, UNSPECIFIED, 5, SMPTE170M):
            return cls(BT709, BT709, BT709, MPEG)  # the reader's pictures are sRGB
        return cls(primaries or UNSPECIFIED, transfer or UNSPECIFIED, matrix, FULL if span == FULL else MPEG)


@dataclass(frozen=True)
class FilmPlan:
    """What is written: times (K,) exact seconds of the pictures and `rate`; steady: whether they keep it; source, whose
    sounds but the first are copied from `begin` on; voice, whose sound is heard from the first picture on."""

    times: list[Fraction]
    rate: Fraction
    steady: bool
    source: Path
    begin: Fraction
    voice: Path
    tags: Mapping[str, str]

    @property
    def tick(self) -> Fraction:
        """The unit of the pictures' times. The muxer's own is another one once it has begun."""
        return 1 / self.rate if self.steady else Fraction(1, FINE_TICKS)

    @property
    def end(self) -> Fraction:
        return self.times[-1] + 1 / self.rate


def check_suffix(path: Path, options: DubOptions) -> None:
    """DubError where the name does not fit the codec."""
    if path.suffix.lower() not in SUFFIXES[options.codec]:
        fit = " or ".join(SUFFIXES[options.codec])
        raise DubError(f"{path.name!r} is to be written as {options.codec}; name a file that ends in {fit}.")


def write_dub(part: Path, pictures: Iterable[np.ndarray], plan: FilmPlan, options: DubOptions) -> list[str]:
    """Write `pictures` (H, W, 3) uint8, one for each of the plan's times, and the sounds, to the file `part`. Returns
    sentences on what could not be kept. DubError for what cannot be encoded; what `pictures` raises passes through."""
    notes: list[str] = []
    movie = part.suffix.lower() != ".mkv"
    with av.open(str(part), "w", options={"movflags": "+faststart"} if movie else {}) as film:
        film.metadata.update(plan.tags)
        pictures = iter(pictures)
        first = next(pictures)
        colours = Colours.of(plan.source)
        stream = _picture_stream(film, first.shape, plan, options, colours)
        voice = _Voice(film, plan, lossless=options.codec == "lossless")
        others = _OtherSounds(film, plan, notes)
        picture: np.ndarray | None = first
        for number, time in enumerate(plan.times):
            if picture is None:
                break
            frame = _frame(picture, stream.pix_fmt or "yuv420p", colours)
            frame.pts = number if plan.steady else round(time * FINE_TICKS)
            frame.time_base = plan.tick
            film.mux(stream.encode(frame))
            voice.write_until(time + 1 / plan.rate)
            others.copy_until(time + 1 / plan.rate)
            picture = next(pictures, None)
        film.mux(stream.encode(None))
        voice.finish()
        others.close()
    return notes


def _picture_stream(
    film: av.container.OutputContainer, shape: tuple[int, ...], plan: FilmPlan, options: DubOptions, colours: Colours
) -> av.VideoStream:
    height, width = shape[:2]
    lossless = options.codec == "lossless"
    stream = film.add_stream("ffv1" if lossless else "libx264", rate=plan.rate)
    stream.width, stream.height = width, height
    even = width % 2 == 0 and height % 2 == 0
    stream.pix_fmt = "bgr0" if lossless else "yuv420p" if even else "yuv444p"
    stream.time_base = stream.codec_context.time_base = plan.tick
    context = stream.codec_context
    if not lossless:
        context.gop_size = max(1, round(plan.rate * KEYFRAME_SECONDS))
        context.max_b_frames = 0
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        context.colorspace, context.color_range = colours.matrix, colours.range
        stream.options = {"crf": str(CRF), "preset": PRESET}
    return stream


def _frame(picture: np.ndarray, pix_fmt: str, colours: Colours) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    if pix_fmt == "bgr0":
        return frame.reformat(format=pix_fmt)
    hd = colours.matrix == BT709 or (colours.matrix == UNSPECIFIED and picture.shape[0] >= HD)
    return frame.reformat(format=pix_fmt, dst_colorspace=ITU709 if hd else ITU601, dst_color_range=colours.range)


class _Voice:
    """The new voice at its own channels (one or two) and 48 kHz, until the end of the pictures."""

    def __init__(self, film: av.container.OutputContainer, plan: FilmPlan, lossless: bool) -> None:
        self._film, self._plan, self._written = film, plan, 0
        self._input = av.open(str(plan.voice))
        best = self._input.streams.best("audio")
        source = best if isinstance(best, av.AudioStream) else self._input.streams.audio[0]
        layout = "stereo" if source.codec_context.channels > 1 else "mono"
        self._stream = film.add_stream("flac" if lossless else "aac", rate=SOUND_RATE, layout=layout)
        if not lossless:
            self._stream.bit_rate = SOUND_BITS
        self._stream.time_base = Fraction(1, SOUND_RATE)
        self._frames = self._decoded(source, "s16" if lossless else "fltp", layout)

    def _decoded(self, source: av.AudioStream, sample_format: str, layout: str) -> Iterator[av.AudioFrame]:
        resampler = AudioResampler(sample_format, layout, SOUND_RATE, SOUND_FRAME)
        try:
            for frame in self._input.decode(source):
                frame.pts = None
                yield from resampler.resample(frame)
        except av.error.FFmpegError as error:
            raise DubError(f"The new sound {self._plan.voice.name!r} is damaged: {error.strerror or error}.") from error
        yield from resampler.resample(None)

    def write_until(self, time: Fraction) -> None:
        while Fraction(self._written, SOUND_RATE) < min(time, self._plan.end):
            frame = next(self._frames, None)
            if frame is None:
                return
            frame.pts, frame.time_base = self._written, Fraction(1, SOUND_RATE)
            self._written += frame.samples
            self._film.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self.write_until(self._plan.end)
        self._film.mux(self._stream.encode(None))
        self._input.close()


class _OtherSounds:
    """The source's sound tracks but the one that is replaced, packet by packet."""

    def __init__(self, film: av.container.OutputContainer, plan: FilmPlan, notes: list[str]) -> None:
        self._film, self._plan = film, plan
        self._input = av.open(str(plan.source))
        replaced = self._input.streams.best("audio")
        self._streams: dict[int, av.AudioStream] = {}
        for stream in self._input.streams.audio:
            if replaced is not None and stream.index == replaced.index:
                continue
            if stream.codec_context is None or stream.codec_context.name not in film.supported_codecs:
                notes.append(
                    f"Sound track {stream.index} of the film cannot be put into this container; it is left out."
                )
                continue
            self._streams[stream.index] = film.add_stream_from_template(stream)
        kept = [self._input.streams[index] for index in self._streams]
        self._packets = self._input.demux(kept) if kept else iter(())
        self._waiting = next(self._packets, None)

    def copy_until(self, time: Fraction) -> None:
        until = min(time, self._plan.end) + self._plan.begin
        while self._waiting is not None:
            packet = self._waiting
            if packet.pts is not None and packet.time_base is not None:
                seconds = packet.pts * packet.time_base
                if seconds >= until:
                    return
                if seconds >= self._plan.begin:
                    shift = round(self._plan.begin / packet.time_base)
                    packet.pts -= shift
                    packet.dts = packet.pts if packet.dts is None else packet.dts - shift
                    packet.stream = self._streams[packet.stream.index]
                    self._film.mux(packet)
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        self._input.close()
