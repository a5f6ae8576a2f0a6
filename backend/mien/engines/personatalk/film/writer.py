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
import numpy as np
from av.audio.resampler import AudioResampler

from mien.audio.downmix import USUAL
from mien.audio.reader import open_track
from mien.audio.source import Source
from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.film_plan import FilmPlan
from mien.engines.personatalk.options import DubOptions
from mien.video.reader import opened_film

SOUND_RATE, SOUND_BITS, SOUND_FRAME = 48000, 160_000, 1024
MIXED = frozenset(("FL", "FR", "FC", "LFE", "BL", "BR", "BC", "SL", "SR", "FLC", "FRC"))  # channels
SUFFIXES = {"h264": (".mp4", ".mov", ".m4v", ".mkv"), "lossless": (".mkv",)}


def check_suffix(path: Path, options: DubOptions) -> None:
    """DubError where the name does not fit the codec."""
    if path.suffix.lower() not in SUFFIXES[options.codec]:
        fit = " or ".join(SUFFIXES[options.codec])
        raise DubError(f"{path.name!r} is to be written as {options.codec}; name a file that ends in {fit}.")


def write_dub(film_path: Path, parts: Iterable[Path], plan: FilmPlan, lossless: bool) -> list[str]:
    """Write the encoded pictures of `parts`, one for each of the plan's times, and the sounds, to the file `film_path`.
    Returns sentences on what could not be kept. SpeechError for a voice that is damaged."""
    notes: list[str] = []
    movie = film_path.suffix.lower() != ".mkv"
    options = {"movflags": "+faststart"} if movie else {}
    with (
        plan.voice.open("rb") as sound,
        opened_film(plan.source) as source,
        av.open(str(film_path.absolute()), "w", options=options) as film,
    ):
        film.metadata.update(plan.tags)
        packets = _packets(film, parts, plan)
        first = next(packets)  # the stream of the pictures is there now, before those of the sounds
        voice = _Voice(film, open_track(sound, plan.voice.name, plan.voice_track), plan, lossless)
        others = _OtherSounds(film, source, plan, notes)
        for time, packet in zip(plan.times, itertools.chain([first], packets), strict=True):
            film.mux(packet)
            voice.write_until(time + 1 / plan.rate)
            others.copy_until(time + 1 / plan.rate)
        voice.finish()
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
    """The track of the new voice that the mouth follows, at its own channels (one or two) and 48 kHz, until the end of
    the pictures."""

    def __init__(self, film: av.container.OutputContainer, track: Source, plan: FilmPlan, lossless: bool) -> None:
        self._film, self._plan, self._written = film, plan, 0
        layout = "mono" if _layout(track.channels) == "mono" else "stereo"
        self._stream = film.add_stream("flac" if lossless else "aac", rate=SOUND_RATE, layout=layout)
        if not lossless:
            self._stream.bit_rate = SOUND_BITS
        self._stream.time_base = Fraction(1, SOUND_RATE)
        self._frames = _resampled(track, "s16" if lossless else "fltp", layout)

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


def _resampled(track: Source, sample_format: str, layout: str) -> Iterator[av.AudioFrame]:
    resampler = AudioResampler(sample_format, layout, SOUND_RATE, SOUND_FRAME)
    own = _layout(track.channels)
    for block in track.decode():
        if len(block):
            values = block.mean(1, keepdims=True) if own == "mono" else block
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values).reshape(1, -1), format="flt", layout=own)
            frame.sample_rate = track.rate
            yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _layout(channels: tuple[str, ...]) -> str:
    """As FFmpeg names it; "mono" where it is not known how the channels are mixed down to two."""
    if len(channels) == 2:
        return "stereo"
    names = channels if all(channels) else USUAL.get(len(channels), ())
    return "+".join(names) if len(names) > 1 and MIXED.issuperset(names) else "mono"


class _OtherSounds:
    """The source's sound tracks but the one that is replaced, packet by packet."""

    def __init__(
        self, film: av.container.OutputContainer, source: av.container.InputContainer, plan: FilmPlan, notes: list[str]
    ) -> None:
        self._film, self._plan = film, plan
        replaced = source.streams.best("audio")
        self._streams: dict[int, av.AudioStream] = {}
        for stream in source.streams.audio:
            if replaced is not None and stream.index == replaced.index:
                continue
            if stream.codec_context is None or stream.codec_context.name not in film.supported_codecs:
                notes.append(
                    f"Sound track {stream.index} of the film cannot be put into this container; it is left out."
                )
                continue
            self._streams[stream.index] = film.add_stream_from_template(stream)
        kept = [source.streams[index] for index in self._streams]
        self._packets = source.demux(kept) if kept else iter(())
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
