# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds that libsndfile decodes: wav, flac, ogg, mp3 and their like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import soundfile

from mien.audio.ffmpeg import ffmpeg_sources
from mien.audio.source import BLOCK, TOLERANCE_S, Source, cut_short_error, damage_error

FRAMES_UNKNOWN = 1 << 60  # libsndfile gives about 2^63 for a flac of unknown length, and fails at its end
NAMES = {1: ("FC",), 2: ("FL", "FR")}
# Of Vorbis and Opus (Vorbis I specification, 4.3.9; RFC 7845, 5.1.1.2), whose order libsndfile leaves as it is
XIPH = {
    3: ("FL", "FC", "FR"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FC", "FR", "BL", "BR"),
    6: ("FL", "FC", "FR", "BL", "BR", "LFE"),
    7: ("FL", "FC", "FR", "SL", "SR", "BC", "LFE"),
    8: ("FL", "FC", "FR", "SL", "SR", "BL", "BR", "LFE"),
}
EXACT = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")  # encodings without padding: every sample that is promised is there


def libsndfile_source(file: BinaryIO, name: str, has_length: bool) -> Source | None:
    """The sound, or None where libsndfile does not know it or would not read all of it. Of more than two channels
    it tells which is which for Vorbis and Opus alone."""
    file.seek(0)
    try:
        with soundfile.SoundFile(file) as sound:
            channels, rate, frames = sound.channels, sound.samplerate, sound.frames
            exact = sound.subtype.startswith(EXACT) or sound.format in ("FLAC", "MP3")
            names = NAMES | XIPH if sound.subtype in ("VORBIS", "OPUS") else NAMES
            known = frames < FRAMES_UNKNOWN and (has_length or sound.format != "MP3")
    except soundfile.LibsndfileError:
        return None
    if not known:
        return None
    slack = 0 if exact else round(TOLERANCE_S * rate)

    def decode() -> Iterator[np.ndarray]:
        done = 0
        file.seek(0)
        try:
            opened = soundfile.SoundFile(file)
        except soundfile.LibsndfileError:  # of some mp3s it opens a second time only now and then
            yield from ffmpeg_sources(file, name)[0].decode()
            return
        with opened as sound:
            while True:
                try:
                    block = sound.read(max(1, BLOCK // channels), dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    raise damage_error(name, error.error_string) from error
                if len(block) == 0:
                    break
                done += len(block)
                yield block
        if done < frames - slack:
            raise cut_short_error(name, frames / rate, done / rate)

    return Source(rate, frames / rate if rate > 0 else None, names.get(channels, ("",) * channels), decode)
