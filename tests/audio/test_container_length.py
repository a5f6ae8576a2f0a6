# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers x faults: whole files are read whole; cut ones and joined ones never half in silence."""

import io
import struct

import numpy as np
import pytest
from mien.audio.container_length import ogg_links
from mien.audio.header import SpeechError
from mien.audio.speech import read_speech
from sounds import RATE, encoded, long_wave_file, voice, wave_file, words, written

VOICE = voice(3.0)
PLAIN = {
    "wav": written(VOICE),
    "wav, extensible": written(VOICE, "WAVEX"),
    "wav, big-endian": wave_file(words(VOICE, ">"), kind=b"RIFX"),
    "rf64": long_wave_file(words(VOICE)),
    "bw64": long_wave_file(words(VOICE), b"BW64"),
    "w64": written(VOICE, "W64"),
    "aiff": written(VOICE, "AIFF"),
    "au": written(VOICE, "AU"),
    "au, little-endian": written(VOICE, "AU", endian="LITTLE"),
    "caf": written(VOICE, "CAF"),
    "avr": written(VOICE, "AVR"),
    "8svx": written(VOICE, "SVX"),
    "voc": written(VOICE, "VOC"),
    "nist": written(VOICE, "NIST"),
    "mpc2k": written(VOICE, "MPC2K"),
    "flac": written(VOICE, "FLAC"),
    "avi": encoded("avi", "pcm_s16le", VOICE),
    "mkv": encoded("matroska", "pcm_s16le", VOICE),
    "mov": encoded("mov", "pcm_s16le", VOICE),
    "tta": encoded("tta", "tta", VOICE),
    "wv": encoded("wv", "wavpack", VOICE),
}
LOSSY = {
    "mp3": encoded("mp3", "libmp3lame", VOICE),
    "mp3 with a tag in front": encoded("mp3", "libmp3lame", VOICE, id3v2_version="4"),
    "m4a": encoded("mp4", "aac", VOICE),
    "m4a for the web": encoded("mp4", "aac", VOICE, movflags="+faststart"),
    "webm": encoded("webm", "libopus", VOICE, rate=48000),
    "mkv with aac": encoded("matroska", "aac", VOICE),
    "wav with mp3": encoded("wav", "libmp3lame", VOICE),
    "wav with adpcm": encoded("wav", "adpcm_ms", VOICE),
    "ogg": written(VOICE, "OGG", "VORBIS"),
    "opus": encoded("ogg", "libopus", VOICE, rate=48000),
}
EVERY = PLAIN | LOSSY


@pytest.mark.parametrize("name", PLAIN)
def test_a_whole_file_is_read_whole(name: str) -> None:
    speech = read_speech(PLAIN[name], name=name)
    assert len(speech.samples) == len(VOICE) and np.corrcoef(speech.samples, VOICE)[0, 1] > 0.999
    assert speech.reading.notes == ()


@pytest.mark.parametrize("name", LOSSY)
def test_the_padding_of_a_codec_is_no_fault(name: str) -> None:
    speech = read_speech(LOSSY[name], name=name)
    assert 3.0 <= speech.duration <= 3.2 and speech.reading.notes == ()


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("name", EVERY)
def test_a_cut_file_is_refused_or_its_end_is_said_to_be_missing(name: str, share: float) -> None:
    data = EVERY[name]
    try:
        speech = read_speech(data[: round(len(data) * share)], name=name)
    except SpeechError as error:
        assert "cut short" in str(error) and str(error).endswith(".")
    else:
        assert name in ("ogg", "opus")
        assert any("has no end: the recording may be cut short" in note for note in speech.reading.notes)


@pytest.mark.parametrize("name", ["wav", "wav, big-endian", "aiff", "au", "caf", "flac", "mkv", "mov", "m4a"])
def test_two_sounds_in_one_file_are_refused(name: str) -> None:
    with pytest.raises(SpeechError, match="holds two sounds, one behind the other"):
        read_speech(EVERY[name] + EVERY[name])


@pytest.mark.parametrize(("name", "slack"), [("mp3", 0.2), ("ogg", 0.0), ("opus", 0.01)])
def test_joined_streams_are_read_whole(name: str, slack: float) -> None:
    speech = read_speech(EVERY[name] + EVERY[name])
    assert 6.0 - 1e-9 <= speech.duration <= 6.0 + slack
    second = speech.samples[round(2.9 * RATE) :]  # of mp3 the codec's delay is played again
    likeness = np.correlate(second, VOICE, "valid").max() / (np.linalg.norm(VOICE) * np.linalg.norm(second))
    assert likeness > 0.95


def test_the_links_of_a_chain_are_found() -> None:
    data = EVERY["ogg"]
    assert ogg_links(io.BytesIO(data), len(data)) == ((0, len(data)),)
    assert ogg_links(io.BytesIO(data * 3), 3 * len(data)) == tuple(
        (n * len(data), (n + 1) * len(data)) for n in range(3)
    )


def test_chunks_of_sound_are_read_one_behind_the_other() -> None:
    data, half = words(VOICE), len(VOICE) // 3 * 2
    for kind, order in ((b"RIFF", "<"), (b"RIFX", ">")):
        data = words(VOICE, order)
        speech = read_speech(wave_file(data[:half], data[half:], kind=kind))
        assert len(speech.samples) == len(VOICE) and np.abs(speech.samples - VOICE).max() < 1e-3
        assert "has 2 chunks of sound; all were read" in speech.reading.notes[0]


@pytest.mark.parametrize("total", [0, 0xFFFFFFFF, None])
@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_streamed_wav_without_a_size_is_read_whole(size: int, total: int | None) -> None:
    data = bytearray(wave_file(words(VOICE)))
    data[40:44] = struct.pack("<I", size)
    if total is not None:
        data[4:8] = struct.pack("<I", total)
    speech = read_speech(bytes(data))
    assert len(speech.samples) == len(VOICE) and np.abs(speech.samples - VOICE).max() < 1e-3


def test_an_empty_data_chunk_is_no_stream() -> None:
    data = wave_file(b"") + b"LIST" + struct.pack("<I", 4) + b"INFO"
    with pytest.raises(SpeechError, match="no samples"):
        read_speech(data)
