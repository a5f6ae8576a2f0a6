# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound that is sent of a line: what a query of it writes (nothing), and what `write` does."""

import wave
from pathlib import Path

import bpy
import numpy as np
import pytest

from addon.generation import fingerprint, requests
from addon.generation.sent_sound import SentSound
from addon.scene import lines, sound
from addon.scene.sound import SoundError

pytestmark = pytest.mark.skipif(sound.aud is None, reason="needs Blender's audio library")


def sounds_on_disk() -> set[Path]:
    return set((Path(bpy.app.tempdir) / "mien-sounds").glob("*"))


@pytest.fixture
def packed(voice, tmp_path) -> SentSound:
    copy = tmp_path / "packed.wav"
    copy.write_bytes(voice.read_bytes())
    bpy.data.sounds.load(str(copy)).pack()
    copy.unlink()
    return SentSound(str(copy))


def test_a_whole_file_is_sent_as_it_is(toy_head, voice):
    whole = SentSound(str(voice))
    assert whole.file == whole.write() == voice
    assert whole.digest() == fingerprint.of_sound(voice) and whole.length_s() == sound.length_s(str(voice))


@pytest.mark.parametrize(("first_s", "last_s", "seconds"), [(0.25, 0.75, 0.5), (0.25, 0.0, 0.75), (0.0, 0.75, 0.75)])
def test_an_excerpt_is_known_before_it_is_written(toy_head, voice, first_s, last_s, seconds):
    before, excerpt = sounds_on_disk(), SentSound(str(voice), first_s, last_s)
    digest, length = excerpt.digest(), excerpt.length_s()
    assert length == pytest.approx(seconds) and sounds_on_disk() - {excerpt.file} == before - {excerpt.file}
    file = excerpt.write()
    assert file == excerpt.file and fingerprint.of_sound(file) == digest
    with wave.open(str(file)) as reader:
        assert reader.getnframes() / reader.getframerate() == pytest.approx(seconds)


def test_a_packed_sound_is_known_before_it_is_written(toy_head, voice, packed):
    packed.file.unlink(missing_ok=True)
    before = sounds_on_disk()
    assert packed.digest() == fingerprint.of_sound(voice) and packed.length_s() == sound.length_s(str(voice))
    trimmed = SentSound(packed.path, 0.25, 0.75)
    digest = trimmed.digest()
    assert sounds_on_disk() == before
    assert packed.write().read_bytes() == voice.read_bytes()
    assert fingerprint.of_sound(trimmed.write()) == digest == SentSound(str(voice), 0.25, 0.75).digest()


def test_a_sound_that_is_not_there_is_refused(toy_head, tmp_path):
    for query in (SentSound.digest, SentSound.write):
        with pytest.raises(SoundError, match="There is no sound file"):
            query(SentSound(str(tmp_path / "gone.wav")))


def test_requests_change_nothing_and_prepare_does(toy_head, voice):
    """A strip that was moved and trimmed, before any handler of Mien has run."""
    scene = bpy.context.scene
    strip = sound.strips_of(scene).new_sound("Hello", str(voice), 1, 13)
    line = lines.add(toy_head)
    line.strip = strip.name
    line.trim_start, line.trim_end = 0.25, 0.75
    before = sounds_on_disk()
    (request,) = requests.of_line(bpy.context, scene, toy_head, line, [1])
    assert (line.trim_start, line.trim_end) == (0.25, 0.75) and sounds_on_disk() - {Path(request.sound)} == before
    requests.prepare(toy_head, line)
    assert (line.trim_start, line.trim_end) == (0.0, 0.0), "the strip is not trimmed"
    assert requests.of_line(bpy.context, scene, toy_head, line, [1])[0].sound == str(voice)


@pytest.mark.parametrize(
    "asked",
    [{"first_s": 0.25, "last_s": 0.75}, {"offset_s": 0.1, "last_s": 1.0}, {"retiming": ((0.0, 0.0), (2.0, 1.0))}],
)
def test_a_wav_is_cut_alike_without_the_audio_library(toy_head, voice, monkeypatch, asked):
    by_library = SentSound(str(voice), **asked)._excerpt_bytes()
    monkeypatch.setattr("addon.generation.sent_sound.aud", None)
    data, seconds = SentSound(str(voice), **asked)._excerpt_bytes()
    assert (len(data), seconds) == (len(by_library[0]), by_library[1])
    cut, same = (np.frombuffer(part[44:], "<i2").astype(int) for part in (data, by_library[0]))
    assert np.abs(cut - same).max() <= 1


def test_without_the_audio_library_other_files_are_refused_in_words(toy_head, tmp_path, monkeypatch):
    (tmp_path / "voice.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    monkeypatch.setattr("addon.generation.sent_sound.aud", None)
    with pytest.raises(SoundError, match="only what a strip plays of a 16-bit WAV can be cut"):
        SentSound(str(tmp_path / "voice.wav"), 0.25).digest()
