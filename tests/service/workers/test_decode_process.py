# SPDX-License-Identifier: GPL-3.0-or-later
import errno
import functools
import hashlib
import os
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
from mien.service.workers.process import Child


@pytest.fixture(scope="module")
def decoder(tmp_path_factory) -> Iterator[Decoder]:
    decoder = Decoder(5, tmp_path_factory.mktemp("decoder"))
    yield decoder
    decoder.close()


def test_the_samples_are_those_of_this_process_whatever_the_file(decoder: Decoder, tmp_path: Path) -> None:
    for name in ("mono_16k.wav", "stereo_44k.flac", "mono_44k.mp3", "film.mp4"):
        sound = decoder.decoded(SAMPLES / name, name, tmp_path / name)
        data = sound.file.read_bytes()
        assert np.array_equal(np.frombuffer(data, "<f4"), read_speech(SAMPLES / name).samples)
        assert (sound.sha256, sound.samples) == (hashlib.sha256(data).hexdigest(), len(data) // 4)


def test_a_refusal_comes_in_the_same_words_and_the_process_stays(decoder: Decoder, tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="'my voice' holds text, not sound"):
        decoder.decoded(SAMPLES / "text.wav", "my voice", tmp_path / "a")
    pid = decoder._child.pid
    with pytest.raises(SpeechError, match="cut short"):
        decoder.decoded(SAMPLES / "cut_short.wav", "my voice", tmp_path / "a")
    assert decoder._child.pid == pid and not (tmp_path / "a").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a file that never ends is made as a POSIX pipe")
def test_a_file_that_is_not_decoded_in_time_is_refused(decoder: Decoder, tmp_path: Path, monkeypatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # nobody writes into it, so reading never ends
    monkeypatch.setattr(decode_process, "TIME_S", -0.5)
    with pytest.raises(SpeechError, match="'slow.wav' was not decoded within 0 s. It may be damaged"):
        decoder.decoded(pipe, "slow.wav", tmp_path / "a")
    assert decoder._child is None


def test_a_file_that_breaks_the_decoder_is_refused(decoder: Decoder, tmp_path: Path, monkeypatch) -> None:
    decoder.release()
    breaking = [sys.executable, "-c", "import ctypes, sys; sys.stdin.readline(); ctypes.string_at(0)"]
    monkeypatch.setattr(decode_process, "Child", functools.partial(Child, command=breaking))
    with pytest.raises(SpeechError, match="'bomb.flac' broke the decoder: it "):
        decoder.decoded(SAMPLES / "mono_16k.wav", "bomb.flac", tmp_path / "a")
    monkeypatch.undo()
    decoder.decoded(SAMPLES / "mono_16k.wav", "x", tmp_path / "a")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process by its data")
def test_a_sound_that_swells_beyond_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes of silence, in a process that has room for one second."""
    monkeypatch.setattr(decode_process, "COPIES", 0)
    monkeypatch.setattr(decode_process, "MEMORY", 80 << 20)
    swelling = tmp_path / "silence.wav"
    soundfile.write(swelling, np.zeros(600 * 16000, np.int16), 16000)
    decoder = Decoder(600, tmp_path)
    with pytest.raises(SpeechError, match="takes more memory to decode than 80 MiB"):
        decoder.decoded(swelling, "silence.wav", tmp_path / "a")
    decoder.decoded(SAMPLES / "mono_16k.wav", "x", tmp_path / "a")
    decoder.close()


def test_no_room_for_the_samples_is_an_error_of_the_system(decoder: Decoder, tmp_path: Path) -> None:
    with pytest.raises(OSError) as error:
        decoder.decoded(SAMPLES / "mono_16k.wav", "x", tmp_path / "no folder" / "a")
    assert error.value.errno == errno.ENOENT
