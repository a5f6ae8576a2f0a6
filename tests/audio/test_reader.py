# SPDX-License-Identifier: GPL-3.0-or-later
import io
import struct
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from checkout import SAMPLES
from mien.audio.reader import BLOCK, SpeechError, open_recording

sys.path.insert(0, str(SAMPLES))
from make_samples import LATE, encode, original


def read(data: bytes) -> np.ndarray:
    return np.concatenate(list(open_recording(io.BytesIO(data), "sound").blocks))


def test_blocks_stay_small_however_many_channels_there_are() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((3 * BLOCK // 64, 64)), 16000, format="WAV", subtype="PCM_U8")
    recording = open_recording(file, "choir")
    assert recording.seconds == 3 * BLOCK / 64 / 16000
    assert [len(block) for block in recording.blocks] == [BLOCK // 64] * 3


def test_a_late_sound_keeps_its_place_in_the_film() -> None:
    sound = read((SAMPLES / "late_sound.mov").read_bytes())
    wanted, late = original(48000)[:, 0], round(LATE * 48000)
    assert len(sound) == late + len(wanted)
    assert not sound[: late - 1024].any()  # one frame of the codec's pre-echo
    assert np.corrcoef(sound[late + 1024 :], wanted[1024:])[0, 1] > 0.995


def test_the_end_of_an_edit_list_cuts_the_last_frame() -> None:
    """Apple's files pad the last packet to its full size and say in the edit list where the sound ends."""
    data = bytearray((SAMPLES / "stereo_48k.m4a").read_bytes())
    whole = read(bytes(data))
    at = data.index(b"elst") + 12  # version and flags, count; then the duration in milliseconds
    (duration,) = struct.unpack(">I", data[at : at + 4])
    assert duration == len(whole) * 1000 // 48000
    data[at : at + 4] = struct.pack(">I", duration - 5)
    cut = read(bytes(data))
    assert len(cut) == (duration - 5) * 48
    assert np.array_equal(cut, whole[: len(cut)])


def test_a_film_that_ends_before_its_header_says_is_refused(tmp_path: Path) -> None:
    """With the index at the front, as on the web, FFmpeg reads what is there without a word."""
    encode(tmp_path / "web.m4a", 48000, 2, options={"movflags": "+faststart"})
    data = (tmp_path / "web.m4a").read_bytes()
    assert len(read(data)) == len(original(48000))
    with av.open(io.BytesIO(data)) as container:
        packets = [packet.pos for packet in container.demux() if packet.pos is not None]
    with pytest.raises(SpeechError, match=r"cut short: its header promises \d+ bytes"):
        read(data[: packets[3]])  # one packet is the encoder's delay
    with pytest.raises(SpeechError, match="is cut short"):
        read(data[: packets[3] + 20])


def mp3(path: Path, **options: str) -> bytes:
    """5 s, half of it silence, as an mp3 of variable bit rate."""
    sound = np.zeros((1, 5 * 44100), np.float32)
    sound[0, : sound.shape[1] // 2] = np.random.default_rng(7).uniform(-0.4, 0.4, sound.shape[1] // 2)
    with av.open(str(path), "w", options=options) as container:
        quality = {"flags": "+qscale", "global_quality": "500"}
        stream = container.add_stream("libmp3lame", rate=44100, layout="mono", options=quality)
        for start in range(0, sound.shape[1], 1152):
            part = np.ascontiguousarray(sound[:, start : start + 1152])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.rate, frame.pts = 44100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


def test_an_mp3_that_ends_before_its_header_says_is_refused(tmp_path: Path) -> None:
    data = mp3(tmp_path / "voice.mp3")
    assert len(read(data)) == 5 * 44100
    with pytest.raises(SpeechError, match=r"cut short: its header promises \d+ bytes"):
        read(data[: len(data) * 2 // 3])


def test_an_mp3_without_a_length_is_read_to_its_end_and_not_judged_by_a_guess(tmp_path: Path) -> None:
    data = mp3(tmp_path / "voice.mp3", write_xing="0", id3v2_version="0")
    recording = open_recording(io.BytesIO(data), "voice.mp3")
    frames = sum(map(len, recording.blocks))
    assert recording.seconds is None
    assert 0 <= frames - 5 * 44100 <= 3 * 1152  # the encoder's delay and padding, which nothing tells
    with soundfile.SoundFile(tmp_path / "voice.mp3") as guess:  # what libsndfile would have read
        assert len(guess.read()) < 0.5 * frames


def test_opus_is_read_at_its_own_rate(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "call.webm"), "w") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        samples = original(48000).T
        for start in range(0, samples.shape[1], 960):
            part = np.ascontiguousarray(samples[:, start : start + 960])
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
            frame.rate, frame.pts = 48000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    sound = read((tmp_path / "call.webm").read_bytes())
    assert len(sound) == samples.shape[1]
    assert np.corrcoef(sound, samples[0])[0, 1] > 0.98


# The control character keeps it from being refused as text, as FFmpeg's own check does not.
LIST = b"ffconcat version 1.0\nfile secret.flac\n# \x01\n"
CALL = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=\x01\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"


def test_a_list_that_names_another_file_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.flac").write_bytes((SAMPLES / "stereo_44k.flac").read_bytes())
    monkeypatch.chdir(tmp_path)
    with av.open(io.BytesIO(LIST)) as container:  # the danger is real
        assert sum(frame.samples for frame in container.decode(audio=0)) == len(original(44100))
    with pytest.raises(SpeechError, match="cannot be read as sound"):
        read(LIST)


def test_a_description_of_a_call_opens_no_connection() -> None:
    """FFmpeg would open the ports it names and wait for somebody to speak."""
    with pytest.raises(SpeechError, match="cannot be read as sound"):
        read(CALL)


def test_random_bytes_are_refused_in_words_or_read() -> None:
    """Nothing but `SpeechError` may come out of a file, however it was damaged."""
    random = np.random.default_rng(11)
    names = ["mono_16k.wav", "stereo_44k.flac", "mono_22k.ogg", "mono_44k.mp3", "stereo_48k.m4a", "film.mkv"]
    refused = 0
    for name in names:
        data = np.frombuffer((SAMPLES / name).read_bytes(), np.uint8)
        for _ in range(40):
            broken = data.copy()
            broken[random.integers(0, min(len(data), 600), 12)] = random.integers(0, 256, 12)
            try:
                read(broken.tobytes())
            except SpeechError as error:
                assert str(error).endswith(".")
                refused += 1
    assert refused > 60  # measured: more than half of the 240


def test_a_file_open_for_writing_too_is_read() -> None:
    """What the service gets for an upload."""
    with tempfile.SpooledTemporaryFile() as file:
        file.write((SAMPLES / "film.mp4").read_bytes())
        blocks = list(open_recording(file, "film.mp4").blocks)
    assert len(np.concatenate(blocks)) == len(original(44100))


def test_an_open_file_is_read_from_its_start() -> None:
    file = io.BytesIO((SAMPLES / "mono_16k.wav").read_bytes())
    file.seek(500)
    assert len(np.concatenate(list(open_recording(file, "sound").blocks))) == len(original(16000))


def test_the_sample_films_can_be_made_again(tmp_path: Path) -> None:
    encode(tmp_path / "film.mp4", 44100, 2, picture=True)
    again = (tmp_path / "film.mp4").read_bytes()
    assert np.array_equal(read(again), read((SAMPLES / "film.mp4").read_bytes()))
