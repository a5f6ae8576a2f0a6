# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files as blocks of mono float32 at their own sample rate.

Memory holds one block, whatever the length and the number of channels.

Encoder padding is cut off where the file declares it: mp3, m4a, mp4, mov, ogg and webm do. AAC in mkv declares no end,
so up to one codec frame of silence stays there. A bare .aac, mp3 in avi and mp3 without a Xing frame declare nothing,
so the codec's delay stays at the start as well (aac: 1024 samples, mp3: 1105 or more). The sound of a film keeps its
time: where it starts later than the picture, or has a gap, there is silence, as a player plays it.

A file that is shorter than its header declares is refused, because the animation of half a recording looks complete.
Ogg need not declare a length: what is there is read, and a note says that it does not end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import BinaryIO, cast

import numpy as np

from mien.audio.downmix import Downmix, downmix_of, only
from mien.audio.ffmpeg import ffmpeg_sources
from mien.audio.header import Checked, SpeechError, check_header
from mien.audio.libsndfile import libsndfile_source
from mien.audio.source import BLOCK, Source
from mien.audio.speech_likeness import is_speech_like
from mien.audio.spliced import Spliced

__all__ = ["BLOCK", "Recording", "SpeechError", "open_recording", "open_track"]

RATES = (1000, 768000)  # Hz; outside this a header is damaged


@dataclass(frozen=True)
class Recording:
    """`rate` in Hz; `seconds`: the length that the header declares, or None; `blocks` of (n,) mono float32; `notes`:
    sentences on what of the file was taken; `track` of `tracks`, from 1.

    The iterator raises `SpeechError` where the sound is damaged or cut short.
    """

    rate: int
    seconds: float | None
    blocks: Iterator[np.ndarray]
    notes: tuple[str, ...] = ()
    track: int = 1
    tracks: int = 1


def open_recording(file: BinaryIO, name: str, track: int | None = None, limit_s: float = math.inf) -> Recording:
    """Open a seekable binary file as sound; `name` stands for it in messages. Raises `SpeechError`.

    `track`: the number of a sound track, from 1; None is the one that a player would choose, or the first after it that
    holds speech. Up to `limit_s` are read to choose tracks and channels.
    """
    sources, notes = _tracks(file, name)
    source = _chosen(sources, name, track, limit_s, notes)
    longest = limit_s if source.seconds is None or source.seconds <= limit_s else 0.0  # too long: refused by the caller
    blocks, note = _mono(source, longest)
    notes += [note] if note else []
    return Recording(source.rate, source.seconds, blocks, tuple(notes), source.track, source.tracks)


def open_track(file: BinaryIO, name: str, track: int) -> Source:
    """A sound track by its number, from 1, with all its channels, in step with the `Recording` of it. SpeechError."""
    sources, notes = _tracks(file, name)
    return _chosen(sources, name, track, math.inf, notes)


def _tracks(file: BinaryIO, name: str) -> tuple[list[Source], list[str]]:
    """All tracks, and sentences on what of the file was taken."""
    checked = check_header(file, name)
    sources = _chained(checked, name) if len(checked.links) > 1 else _sources(checked.file, name, checked.whole)
    for source in sources:
        if not RATES[0] <= source.rate <= RATES[1]:
            raise SpeechError(
                f"The header of {name!r} is damaged: it gives a sample rate of {source.rate} Hz. Export it again."
            )
    return sources, list(checked.notes)


def _sources(file: BinaryIO, name: str, whole: bool) -> list[Source]:
    plain = libsndfile_source(file, name, whole)
    if plain is None:
        return ffmpeg_sources(file, name)
    if not all(plain.channels):
        try:
            other = ffmpeg_sources(file, name)[0]
        except SpeechError:
            return [plain]
        if len(other.channels) == len(plain.channels):
            return [replace(plain, channels=other.channels)]
    return [plain]


def _chained(checked: Checked, name: str) -> list[Source]:
    """The links of a chained Ogg file, one behind the other."""
    parts = [
        libsndfile_source(cast(BinaryIO, BufferedReader(Spliced(b"", checked.file, [link]))), name, True)
        for link in checked.links
    ]
    links = [part for part in parts if part is not None]
    if len(links) < len(parts):  # of a codec that libsndfile does not know
        return ffmpeg_sources(checked.file, name)
    first = links[0]
    if any((link.rate, link.channels) != (first.rate, first.channels) for link in links):
        raise SpeechError(
            f"The file {name!r} holds sounds of different kinds, one behind the other. Cut it into parts."
        )

    def decode() -> Iterator[np.ndarray]:
        for link in links:
            yield from link.decode()

    return [replace(first, seconds=sum(link.seconds or 0 for link in links), decode=decode)]


def _chosen(sources: list[Source], name: str, track: int | None, limit_s: float, notes: list[str]) -> Source:
    if track is not None:
        for source in sources:
            if source.track == track:
                return source
        there = "1 sound track" if len(sources) == 1 else f"sound tracks 1 to {len(sources)}"
        raise SpeechError(f"Track {track} of {name!r} was asked for; it has {there}. Choose another with --track.")
    if len(sources) == 1:
        return sources[0]
    first = sources[0]
    source = next((each for each in sources if _holds_speech(each, limit_s)), first)
    reason = f", as track {first.track} has no speech" if source is not first else ""
    label = f" ({source.label})" if source.label else ""
    notes.append(
        f"The file has {first.tracks} sound tracks; number {source.track}{label} was taken{reason}. --track chooses "
        "another."
    )
    return source


def _holds_speech(source: Source, limit_s: float) -> bool:
    try:
        return is_speech_like(_mono(source, limit_s)[0], source.rate, limit_s)
    except SpeechError:
        return False


def _mono(source: Source, limit_s: float) -> tuple[Iterator[np.ndarray], str]:
    """(blocks, a note or '')."""
    try:
        mix = downmix_of(source.channels, source.decode() if limit_s else (), source.rate, limit_s)
        if len(mix.unrelated) > 1 and limit_s:
            mix = _one_voice(source, mix, limit_s)
    except SpeechError:
        mix = downmix_of(source.channels, (), source.rate, limit_s)  # reading it says what is wrong, in its place
    return map(mix, source.decode()), mix.note


def _one_voice(source: Source, mix: Downmix, limit_s: float) -> Downmix:
    """Of channels that have nothing to do with each other, the one that alone holds speech."""
    alone = [
        channel
        for channel in mix.unrelated
        if is_speech_like((block[:, channel] for block in source.decode()), source.rate, limit_s)
    ]
    return only(source.channels, alone[0], "as the others hold no speech") if len(alone) == 1 else mix
