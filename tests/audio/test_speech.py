# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import io
import os
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from checkout import SAMPLES
from mien.audio.speech import RATE, SpeechError, read_speech

sys.path.insert(0, str(SAMPLES))
from make_samples import original


def expected(rate: int, channels: int) -> np.ndarray:
    """What a file of the original becomes: the mean of two channels, the centre of six, at 16 kHz, cut to the exact
    length."""
    sound = original(rate, channels)[:, 2] if channels == 6 else original(rate, channels).mean(1)
    received = soxr.resample(sound, rate, RATE, quality="HQ")
    length = round(Fraction(len(sound) * RATE, rate))
    return np.pad(received[:length], (0, max(0, length - len(received))))


@pytest.mark.parametrize(
    ("name", "rate", "channels", "tolerance"),
    [
        ("mono_16k.wav", 16000, 1, 1 / 32768),  # libsndfile writes 1.0 as 32767: up to a step of 16 bits
        ("mono_8k_8bit.wav", 8000, 1, 1.5 / 128),
        ("mono_48k_24bit.wav", 48000, 1, 2 / 2**23),
        ("stereo_22k_float.wav", 22050, 2, 1e-7),
        ("surround_16k.wav", 16000, 6, 1 / 32768),
        ("stereo_44k.flac", 44100, 2, 1.5 / 32768),
        ("open_ended.wav", 16000, 1, 1 / 32768),
    ],
)
def test_lossless_files_keep_every_sample(name: str, rate: int, channels: int, tolerance: float) -> None:
    speech = read_speech(SAMPLES / name)
    assert speech.samples.dtype == np.float32
    assert speech.samples.shape == expected(rate, channels).shape
    assert np.abs(speech.samples - expected(rate, channels)).max() <= tolerance
    assert speech.duration == Fraction(len(speech.samples), 16000)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "longer"),
    [
        ("mono_22k.ogg", 22050, 1, 0),
        ("mono_44k.mp3", 44100, 1, 0),
        ("stereo_48k.m4a", 48000, 2, 0),
        ("film.mp4", 44100, 2, 0),
        # mkv does not say where aac ends: at most one frame of 1024 samples more.
        ("film.mkv", 44100, 1, 1024 * 16000 / 44100),
    ],
)
def test_lossy_files_keep_their_length_and_place(name: str, rate: int, channels: int, longer: float) -> None:
    sound, wanted = read_speech(SAMPLES / name).samples, expected(rate, channels)
    assert 0 <= len(sound) - len(wanted) <= longer
    assert lag(sound, wanted) == 0
    # The first codec frame of a sound that starts at once carries the codec's pre-echo.
    received = slice(400, len(wanted))
    assert np.corrcoef(sound[received], wanted[received])[0, 1] > 0.99


def lag(sound: np.ndarray, wanted: np.ndarray) -> int:
    return int(np.argmax(np.correlate(sound, wanted, "full"))) - (len(wanted) - 1)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 24000, 32000, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("frames", [1601, 44101])
def test_the_length_is_exact_at_any_rate(rate: int, frames: int) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(frames), rate, format="WAV")
    assert len(read_speech(file).samples) == round(Fraction(frames * 16000, rate))


def test_a_path_bytes_and_an_open_file_give_the_same_speech() -> None:
    path = SAMPLES / "stereo_44k.flac"
    by_path, by_bytes = read_speech(path), read_speech(path.read_bytes(), name="voice")
    with path.open("rb") as file:
        by_file = read_speech(file, name="voice")
    assert by_path.sha256 == by_bytes.sha256 == by_file.sha256
    assert (by_path.name, by_bytes.name) == ("stereo_44k.flac", "voice")


def test_the_digest_of_a_16_bit_file_is_that_of_its_own_data() -> None:
    data = (SAMPLES / "mono_16k.wav").read_bytes()[44:]
    assert read_speech(SAMPLES / "mono_16k.wav").sha256 == hashlib.sha256(data).hexdigest()


def test_samples_cannot_be_changed_behind_the_digest() -> None:
    with pytest.raises(ValueError, match="read-only"):
        read_speech(SAMPLES / "mono_16k.wav").samples[0] = 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(SpeechError, match="is a pipe.*Write it into a file first"):
        read_speech(tmp_path / "pipe.wav")


def test_a_float_file_beyond_full_scale_is_scaled_not_clipped() -> None:
    loud, soft = read_speech(SAMPLES / "loud_float.wav").samples, expected(16000, 1)
    soft = soft - np.median(soft)
    assert np.abs(loud).max() <= 1
    assert np.allclose(loud / np.abs(loud).max(), soft / np.abs(soft).max(), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_such_file.wav", "There is no file"),
        ("", "is a folder, not a sound file"),
        ("empty.wav", r"'empty.wav' is empty \(0 bytes\)"),
        ("text.wav", "holds text, not sound"),
        ("zero_channels.wav", "gives 0 channels"),
        ("zero_rate.wav", "a sample rate of 0 Hz"),
        ("absurd_rate.wav", "a sample rate of 900000 Hz"),
        ("no_samples.wav", "a header but no samples: it lasts 0 s"),
        ("cut_in_header.wav", "damaged or cut short: it leads to no sound"),
        ("cut_short.wav", r"promises 6554 bytes of sound \(0.20 s\) and 2956 are there"),
        ("cut_short.flac", "damaged or cut short"),
        ("cut_short.m4a", "is cut short"),
        ("corrupt_header.flac", "header is damaged or its format is unknown"),
        ("noise.mp3", "header is damaged or its format is unknown"),
        ("film_without_sound.mp4", "has a picture but no sound"),
        ("nan.wav", r"not a number, at 0.125 s"),
    ],
)
def test_each_fault_has_its_own_sentence(name: str, sentence: str) -> None:
    with pytest.raises(SpeechError, match=sentence) as caught:
        read_speech(SAMPLES / name)
    message = str(caught.value)
    assert message.endswith(".") and "Error" not in message


@pytest.mark.parametrize("name", ["mono_16k.wav", "mono_44k.mp3", "film.mp4", "film.mkv", "open_ended.wav"])
def test_a_sound_over_the_limit_says_how_to_raise_it(name: str) -> None:
    with pytest.raises(SpeechError, match=r"0.1 s. Cut it .* --limit-seconds or MIEN_LIMIT_SECONDS"):
        read_speech(SAMPLES / name, limit_s=0.1)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(SpeechError, match="give a number above 0"):
        read_speech(SAMPLES / "mono_16k.wav", limit_s=limit)


class CountingFile(io.FileIO):
    """A file that knows how many bytes were asked of it."""

    given = 0

    def readinto(self, target) -> int:
        count = super().readinto(target)
        self.given += count
        return count

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        self.given += len(data)
        return data


def test_ten_hours_are_refused_by_the_header_alone(tmp_path: Path) -> None:
    header = bytearray((SAMPLES / "mono_16k.wav").read_bytes()[:44])
    size = 10 * 3600 * 16000 * 2
    header[4:8], header[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    path = tmp_path / "night.wav"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(44 + size)  # sparse: takes no room on the disk
    with CountingFile(path) as file, pytest.raises(SpeechError, match=r"lasts 36000.0 s, more than .* 600 s"):
        read_speech(file, name="night.wav")
    assert file.given < 100_000


def test_an_open_ended_file_stops_being_read_at_the_limit() -> None:
    """Streaming flac has no length in its header; here 20 s are promised by nothing and 5 s allowed."""
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(3).uniform(-0.5, 0.5, 20 * 48000), 48000, format="FLAC")
    data = bytearray(file.getvalue())
    data[21] &= 0xF0  # STREAMINFO: the 36 bits of the sample count
    data[22:26] = bytes(4)
    with pytest.raises(SpeechError, match="does not end after 5 s"):
        read_speech(bytes(data), limit_s=5)
    assert len(read_speech(bytes(data)).samples) == 20 * 16000


def test_a_sound_whose_reading_is_known_is_read_the_same_without_its_loudness_measured(monkeypatch) -> None:
    quiet = io.BytesIO()
    soundfile.write(quiet, 1e-3 * original(16000, 1), 16000, format="WAV", subtype="FLOAT")
    first = read_speech(quiet.getvalue())
    assert first.reading.gain_db > 0 and "quiet" in first.reading.notes[-1]
    monkeypatch.setattr("mien.audio.speech.loudness", lambda samples: pytest.fail("measured twice"))
    again = read_speech(quiet.getvalue(), known=first.reading)
    assert (again.sha256, again.reading) == (first.sha256, first.reading)
