# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds for tests of reading: a voice, what is no voice, and files of every container that this machine can write."""

import io
import struct
import tempfile
from pathlib import Path

import av
import numpy as np
import soundfile
from checkout import SAMPLES

RATE = 16000
VOICE_FILE = SAMPLES / "voice" / "sense_and_sensibility.wav"


def voice(seconds: float = 4.0) -> np.ndarray:
    """(N,) float32 at 16 kHz."""
    return soundfile.read(VOICE_FILE, dtype="float32")[0][: round(seconds * RATE)]


def silence(seconds: float = 4.0) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float = 4.0, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.05, round(seconds * RATE)).astype(np.float32)


def tone(seconds: float = 4.0, hertz: float = 440.0) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def melody(seconds: float = 4.0) -> np.ndarray:
    """Two plucked notes a second, with overtones."""
    times, random, out = np.arange(round(seconds * RATE)) / RATE, np.random.default_rng(5), 0
    for begin in np.arange(0, seconds, 0.5):
        pitch, within = 220 * 2 ** (random.integers(0, 12) / 12), (times >= begin) & (times < begin + 0.5)
        fading = within * np.exp(-3 * np.maximum(times - begin, 0))
        out = out + sum(0.1 * fading * np.sin(2 * np.pi * pitch * n * times) / n for n in range(1, 6))
    return np.asarray(out, np.float32)


def written(samples: np.ndarray, container: str = "WAV", subtype: str = "PCM_16", endian: str = "FILE") -> bytes:
    """A file by libsndfile of (N,) or (N, channels) samples at 16 kHz."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=container, subtype=subtype, endian=endian)
    return file.getvalue()


def chunk(kind: bytes, data: bytes, order: str = "<") -> bytes:
    return kind + struct.pack(f"{order}I", len(data)) + data


def wave_file(*data: bytes, kind: bytes = b"RIFF", channels: int = 1) -> bytes:
    """A wav of 16 bits with these data chunks."""
    order = ">" if kind == b"RIFX" else "<"
    form = struct.pack(f"{order}HHIIHH", 1, channels, RATE, 2 * channels * RATE, 2 * channels, 16)
    body = b"WAVE" + chunk(b"fmt ", form, order) + b"".join(chunk(b"data", part, order) for part in data)
    return chunk(kind, body, order)


def long_wave_file(data: bytes, kind: bytes = b"RF64") -> bytes:
    """RF64 or BW64: the sizes are in a chunk of their own."""
    sizes = chunk(b"ds64", struct.pack("<QQQI", len(data) + 80, len(data), len(data) // 2, 0))
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16))
    return kind + b"\xff" * 4 + b"WAVE" + sizes + form + b"data" + b"\xff" * 4 + data


def words(samples: np.ndarray, order: str = "<") -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype(f"{order}i2").tobytes()


def encoded(
    container: str, codec: str, *tracks: np.ndarray, rate: int = RATE, languages: tuple[str, ...] = (), **options: str
) -> bytes:
    """A file by FFmpeg with a mono track of each of (N,) samples at 16 kHz, encoded at `rate`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        with av.open(str(path), "w", format=container, options=options) as output:
            streams = [output.add_stream(codec, rate=rate, layout="mono") for _ in tracks]
            for stream, language in zip(streams, languages, strict=False):
                stream.metadata["language"] = language
            for stream, samples in zip(streams, tracks, strict=True):
                _encode(output, stream, samples, rate)
        return path.read_bytes()


def _encode(output, stream, samples: np.ndarray, rate: int) -> None:
    frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), format="s16", layout="mono")
    frame.rate, frame.pts = RATE, 0
    size = stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(stream.codec_context.format, "mono", rate, size)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(stream.encode(part))
    output.mux(stream.encode())
