# SPDX-License-Identifier: GPL-3.0-or-later
import errno
import functools
import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import SAMPLES
from mien.audio.speech import SpeechError, read_speech
from mien.service.workers import decode_process
from mien.service.workers.decode_process import Decoder
from mien.service.workers.process import WorkerProcess


def data_bytes(pid: int) -> int:
    """What Linux counts against a limit of a process's data: heap, stacks of threads, buffers of libraries."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:"))


@pytest.fixture(scope="module")
def decoder(tmp_path_factory) -> Iterator[Decoder]:
    decoder = Decoder(5, tmp_path_factory.mktemp("decoder"))
    yield decoder
    decoder.close()


def test_the_samples_are_those_of_this_process_whatever_the_file(decoder: Decoder, tmp_path: Path) -> None:
    for name in ("mono_16k.wav", "stereo_44k.flac", "mono_44k.mp3", "film.mp4"):
        sound = decoder.decode(SAMPLES / name, name, tmp_path / name)
        data = sound.file.read_bytes()
        assert np.array_equal(np.frombuffer(data, "<f4"), read_speech(SAMPLES / name).samples)
        assert (sound.sha256, sound.samples) == (hashlib.sha256(data).hexdigest(), len(data) // 4)


def test_a_refusal_comes_in_the_same_words_and_the_process_stays(decoder: Decoder, tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="'my voice' holds text, not sound"):
        decoder.decode(SAMPLES / "text.wav", "my voice", tmp_path / "a")
    pid = decoder._process.pid
    with pytest.raises(SpeechError, match="cut short"):
        decoder.decode(SAMPLES / "cut_short.wav", "my voice", tmp_path / "a")
    assert decoder._process.pid == pid and not (tmp_path / "a").exists()


def test_the_longest_sound_has_room_for_a_suggestion(tmp_path: Path) -> None:
    """Ten minutes, with a voice in the first and in the last of them, within the limit of memory."""
    samples, rate = soundfile.read(SAMPLES / "voice" / "sense_and_sensibility.wav", dtype="float32")
    silence = np.zeros(600 * rate - 2 * len(samples), np.float32)
    path, long = tmp_path / "long.wav", Decoder(600, tmp_path)
    soundfile.write(path, np.concatenate([samples, silence, samples]), rate)
    try:
        suggested = long.suggest_emotion(path, "long.wav")
    finally:
        long.close()
    half = len(suggested["phrases"]) // 2
    assert half >= 2 and suggested["phrases"][half - 1]["end"] < 10 and suggested["phrases"][half]["begin"] > 590


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process is halted by a signal of POSIX")
def test_a_file_that_is_not_decoded_in_time_is_refused(decoder: Decoder, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.full(16000, 0.1), 16000)
    decoder.decode(path, "slow.wav", tmp_path / "a")
    assert decoder._process is not None
    os.kill(decoder._process.pid, signal.SIGSTOP)
    monkeypatch.setattr(decode_process, "TIME_S", -0.5)
    with pytest.raises(SpeechError, match="'slow.wav' was not decoded within 0 s. It may be damaged"):
        decoder.decode(path, "slow.wav", tmp_path / "b")
    assert decoder._process is None


def test_a_file_that_breaks_the_decoder_is_refused(decoder: Decoder, tmp_path: Path, monkeypatch) -> None:
    decoder.release()
    breaking = [sys.executable, "-c", "import ctypes, sys; sys.stdin.readline(); ctypes.string_at(0)"]
    monkeypatch.setattr(decode_process, "WorkerProcess", functools.partial(WorkerProcess, command=breaking))
    with pytest.raises(SpeechError, match="'bomb.flac' broke the decoder: it "):
        decoder.decode(SAMPLES / "mono_16k.wav", "bomb.flac", tmp_path / "a")
    monkeypatch.undo()
    decoder.decode(SAMPLES / "mono_16k.wav", "x", tmp_path / "a")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process by its data")
def test_a_sound_that_needs_more_than_the_limit_of_memory_is_refused(
    decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes of silence are 38 MB of samples. The limit is what the process needs for a short sound on this
    machine, and 16 MiB."""
    decoder.decode(SAMPLES / "mono_16k.wav", "x", tmp_path / "a")
    limit = data_bytes(decoder._process.pid) + (16 << 20)
    monkeypatch.setattr(decode_process, "COPIES", 0)
    monkeypatch.setattr(decode_process, "MEMORY", limit)
    long = tmp_path / "silence.wav"
    soundfile.write(long, np.zeros(600 * 16000, np.int16), 16000)
    limited = Decoder(600, tmp_path)
    with pytest.raises(SpeechError, match=f"takes more memory to decode than {limit >> 20} MiB"):
        limited.decode(long, "silence.wav", tmp_path / "b")
    limited.decode(SAMPLES / "mono_16k.wav", "x", tmp_path / "b")
    limited.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process by its data")
def test_the_limit_of_memory_is_enough_on_a_machine_of_many_processors(
    decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread that OpenBLAS starts, by default one a processor, needs megabytes for its stack; decoding needs
    none."""
    decoder.release()
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "64")
    decoder.decode(SAMPLES / "mono_16k.wav", "x", tmp_path / "a")
    assert len(list(Path(f"/proc/{decoder._process.pid}/task").iterdir())) < 16
    decoder.release()


def test_a_file_that_cannot_be_written_is_an_error_of_the_system(decoder: Decoder, tmp_path: Path) -> None:
    with pytest.raises(OSError) as error:
        decoder.decode(SAMPLES / "mono_16k.wav", "x", tmp_path / "no folder" / "a")
    assert error.value.errno == errno.ENOENT
