# SPDX-License-Identifier: GPL-3.0-or-later
import io
import sys

import pytest
import soundfile
from checkout import SAMPLES
from mien.audio.header import SpeechError, check_header, mp3_has_length

sys.path.insert(0, str(SAMPLES))
from make_samples import original

WHOLE = [
    "mono_16k.wav", "mono_8k_8bit.wav", "mono_48k_24bit.wav", "stereo_22k_float.wav", "surround_16k.wav",
    "open_ended.wav", "stereo_44k.flac", "mono_22k.ogg", "mono_44k.mp3", "stereo_48k.m4a", "film.mkv",
]  # fmt: skip


def check(data: bytes) -> None:
    file = io.BytesIO(data)
    check_header(file, "voice")
    assert file.tell() == 0


@pytest.mark.parametrize("name", WHOLE)
def test_a_good_file_is_let_through(name: str) -> None:
    check((SAMPLES / name).read_bytes())


def test_a_cut_aiff_is_refused() -> None:
    file = io.BytesIO()
    soundfile.write(file, original(16000), 16000, format="AIFF")
    check(file.getvalue())
    with pytest.raises(SpeechError, match=r"cut short: its header promises \d+ bytes and 3000 are there"):
        check(file.getvalue()[:3000])


def test_a_wav_may_lack_its_last_sample_and_have_chunks_of_odd_length() -> None:
    wav = (SAMPLES / "mono_16k.wav").read_bytes()
    check(wav[:-2])
    with pytest.raises(SpeechError, match="is cut short"):
        check(wav[:-4])
    recorded = wav[:36] + b"note\x03\x00\x00\x00abc\x00" + wav[36:]
    check(recorded)
    with pytest.raises(SpeechError, match="is cut short"):
        check(recorded[:-4])


@pytest.mark.parametrize("text", ["Guten Tag\r\n", "\ufeffmit Marke", "ü" * 5000, "あ" * 3000, "{}"])
def test_text_in_any_alphabet_is_not_taken_for_sound(text: str) -> None:
    with pytest.raises(SpeechError, match="holds text, not sound"):
        check(text.encode())


def test_an_mp3_tells_its_length_behind_a_tag_too() -> None:
    data = (SAMPLES / "mono_44k.mp3").read_bytes()
    assert mp3_has_length(io.BytesIO(data))
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 3, 116]) + bytes(3 * 128 + 116)
    assert mp3_has_length(io.BytesIO(tag + data))
    silent = data.replace(b"Xing", b"Nope").replace(b"Info", b"Nope")
    assert not mp3_has_length(io.BytesIO(silent)) and not mp3_has_length(io.BytesIO(b"ID3"))
