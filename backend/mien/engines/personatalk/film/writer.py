# SPDX-License-Identifier: GPL-3.0-or-later
"""A dubbed film on the disk: pictures with the source's colours and times, the new voice, the source's other sounds.

The pictures come encoded, in parts; all streams are put side by side, so that memory does not grow with the length.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
from av.audio.resampler import AudioResampler

from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.film_plan import FilmPlan
from mien.engines.personatalk.options import DubOptions

SOUND_RATE, SOUND_BITS, SOUND_FRAME = 48000, 160_000, 1024
SUFFIXES = {"h264": (".mp4", ".mov", ".m4v", ".mkv"), "lossless": (".mkv",)}


def check_suffix(path: Path, options: DubOptions) -> None:
    """DubError where the name does not fit the codec."""
    if path.suffix.lower() not in SUFFIXES[options.codec]:
        fit = " or ".join(SUFFIXES[options.codec])
        raise DubError(f"{path.name!r} is to be written as {options.codec}; name a file that ends in {fit}.")


def write_dub(film_path: Path, parts: Iterable[Path], plan: FilmPlan, lossless: bool) -> list[str]:
    """Write the encoded pictures of `parts`, one for each of the plan's times, and the sounds, to the file `film_path`.
    Returns sentences on what could not be kept. DubError for sounds that cannot be encoded."""
    notes: list[str] = []
    movie = film_path.suffix.lower() != ".mkv"
    with av.open(str(film_path), "w", options={"movflags": "+faststart"} if movie else {}) as film:
        film.metadata.update(plan.tags)
        packets = _packets(film, parts, plan)
        first = next(packets)  # the stream of the pictures is there now, before those of the sounds
        voice = _Voice(film, plan, lossless)
        others = _OtherSounds(film, plan, notes)
        for time, packet in zip(plan.times, itertools.chain([first], packets), strict=True):
            film.mux(packet)
            voice.write_until(time + 1 / plan.rate)
            others.copy_until(time + 1 / plan.rate)
        voice.finish()
        others.close()
    return notes


def _packets(film: av.container.OutputContainer, parts: Iterable[Path], plan: FilmPlan) -> Iterator[av.Packet]:
    """The pictures in their order, each at its time."""
    stream, number = None, 0
    for path in parts:
        with av.open(str(path)) as part:
            source = part.streams.video[0]
            if stream is None:
                stream = film.add_stream_from_template(source)
                stream.time_base = plan.tick
            for packet in part.demux(source):
                if packet.size == 0:
                    continue  # the end
                packet.stream, packet.time_base = stream, plan.tick
                packet.pts = packet.dts = plan.ticks(number)
                packet.duration = max(1, round(1 / (plan.rate * plan.tick)))
                number += 1
                yield packet


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
