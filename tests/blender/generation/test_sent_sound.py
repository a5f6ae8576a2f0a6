# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound that is sent of a line: what a query of it writes (nothing), and what `write` does."""

import wave
from pathlib import Path

import bpy
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
    requests.prepare(line)
    assert (line.trim_start, line.trim_end) == (0.0, 0.0), "the strip is not trimmed"
    assert requests.of_line(bpy.context, scene, toy_head, line, [1])[0].sound == str(voice)
