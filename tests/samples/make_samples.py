# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the sounds beside it: `python tests/samples/make_samples.py`. Broken ones are named by their fault.

The sound is a swept tone under a soft seeded buzz, so that a test can make the original again and compare.
"""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile

HERE = Path(__file__).parent
SEED = 20250
SECONDS = 0.2
LATE = 0.12  # seconds that the sound of late_sound.mov starts after its picture


def original(rate: int, channels: int = 1) -> np.ndarray:
    """(n, channels) float32 with a peak below 0.7; n is no round number; the channels differ in loudness."""
    frames = int(SECONDS * rate) + 77
    time = np.arange(frames) / rate
    sweep = 0.4 * np.sin(2 * np.pi * (150 * time + 5000 * time**2))
    buzz = 0.02 * np.random.default_rng(SEED).standard_normal(int(SECONDS * 8000) + 100)
    sound = sweep + np.interp(time * 8000, np.arange(len(buzz)), buzz)
    return (sound[:, None] * np.linspace(1, 0.3, channels)).astype(np.float32)


def encode(
    path: Path,
    rate: int,
    channels: int,
    *,
    sound: bool = True,
    picture: bool = False,
    late: float = 0,
    options: dict[str, str] | None = None,
) -> None:
    """Aac, with or without a 32 x 32 H.264 picture, in the container that the name says."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"} | (options or {})) as container:
        if picture:
            video = container.add_stream("libx264", rate=25, options={"crf": "40", "bf": "0"})
            video.width = video.height = 32
            video.pix_fmt = "yuv420p"
        if sound:
            layout = {1: "mono", 2: "stereo"}[channels]
            audio = container.add_stream("aac", rate=rate, layout=layout, options={"b": "96k", "aac_is": "0"})
        if picture:
            for i in range(round((SECONDS + late) * 25)):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 10 * i, np.uint8), format="rgb24")
                frame.pts = i
                container.mux(video.encode(frame))
            container.mux(video.encode())
        if sound:
            samples = np.ascontiguousarray(original(rate, channels).T)
            for start in range(0, samples.shape[1], 1024):
                part = np.ascontiguousarray(samples[:, start : start + 1024])
                frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
                frame.rate, frame.time_base = rate, Fraction(1, rate)
                frame.pts = start + round(late * rate)
                container.mux(audio.encode(frame))
            container.mux(audio.encode())


def with_bytes(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def whole_files() -> None:
    def write(name: str, rate: int, channels: int, subtype: str | None = None) -> None:
        soundfile.write(HERE / name, original(rate, channels), rate, subtype=subtype)

    write("mono_16k.wav", 16000, 1, "PCM_16")
    write("mono_8k_8bit.wav", 8000, 1, "PCM_U8")
    write("mono_48k_24bit.wav", 48000, 1, "PCM_24")
    write("stereo_22k_float.wav", 22050, 2, "FLOAT")
    write("surround_16k.wav", 16000, 6, "PCM_16")
    write("stereo_44k.flac", 44100, 2, "PCM_16")
    write("mono_22k.ogg", 22050, 1)
    write("mono_44k.mp3", 44100, 1)
    soundfile.write(HERE / "loud_float.wav", 4 * original(16000), 16000, subtype="FLOAT")
    encode(HERE / "stereo_48k.m4a", 48000, 2)
    encode(HERE / "film.mp4", 44100, 2, picture=True)
    encode(HERE / "film.mkv", 44100, 1, picture=True)
    # The default clock of an edit list, milliseconds, would move the sound by up to one.
    clock = {"movie_timescale": "48000"}
    encode(HERE / "late_sound.mov", 48000, 1, picture=True, late=LATE, options=clock)


def broken_files() -> None:
    wav = (HERE / "mono_16k.wav").read_bytes()
    flac = (HERE / "stereo_44k.flac").read_bytes()
    (HERE / "empty.wav").write_bytes(b"")
    (HERE / "text.wav").write_text("Dear diary, today I renamed a letter to .wav.\n", encoding="utf-8")
    (HERE / "zero_channels.wav").write_bytes(with_bytes(wav, 22, struct.pack("<H", 0))[:2000])
    (HERE / "zero_rate.wav").write_bytes(with_bytes(wav, 24, struct.pack("<I", 0))[:2000])
    (HERE / "absurd_rate.wav").write_bytes(with_bytes(wav, 24, struct.pack("<I", 900_000)))
    (HERE / "cut_short.wav").write_bytes(wav[:3000])
    (HERE / "cut_in_header.wav").write_bytes(wav[:30])
    (HERE / "cut_short.flac").write_bytes(flac[: len(flac) // 2])
    (HERE / "corrupt_header.flac").write_bytes(with_bytes(flac, 4, b"\x7f" * 40)[:2000])
    (HERE / "cut_short.m4a").write_bytes((HERE / "stereo_48k.m4a").read_bytes()[:2000])
    (HERE / "noise.mp3").write_bytes(np.random.default_rng(SEED).bytes(2000))
    soundfile.write(HERE / "no_samples.wav", np.zeros(0, np.float32), 16000)
    with_nan = original(16000)[:, 0]
    with_nan[2000] = np.nan
    soundfile.write(HERE / "nan.wav", with_nan, 16000, subtype="FLOAT")
    encode(HERE / "film_without_sound.mp4", 0, 0, sound=False, picture=True)
    # What a recorder leaves that stopped before it could write the sizes back: to be read, not refused.
    (HERE / "open_ended.wav").write_bytes(with_bytes(with_bytes(wav, 4, b"\xff" * 4), 40, b"\xff" * 4))


if __name__ == "__main__":
    whole_files()
    broken_files()
