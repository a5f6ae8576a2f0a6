# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels of a sound become the voice."""

import math

import numpy as np
import pytest
from mien.audio.downmix import downmix_of
from mien.audio.speech import read_speech
from sounds import RATE, melody, noise, silence, tone, voice, written

VOICE, OTHER = voice(4.0), voice(7.0)[3 * RATE :][: 3 * RATE]
STEREO, SURROUND = ("FL", "FR"), ("FL", "FR", "FC", "LFE", "BL", "BR")
OTHER = np.pad(OTHER, (0, len(VOICE) - len(OTHER)))
TURNED = np.where(np.arange(len(VOICE)) < len(VOICE) // 2, VOICE, -VOICE)
HUM = tone(4.0, 50.0)


def noises(count: int) -> list[np.ndarray]:
    return [noise(4.0, seed) for seed in range(count)]


# name: (channels, their names, words of the note or '')
CASES = {
    "the same twice": ([VOICE, VOICE], STEREO, ""),
    "inverted": ([VOICE, -VOICE], STEREO, "the left one alone"),
    "inverted and softer": ([VOICE, -0.6 * VOICE], STEREO, "the left one alone"),
    "inverted and louder": ([0.6 * VOICE, -VOICE], STEREO, "the right one alone"),
    "inverted half of the time": ([VOICE, TURNED], STEREO, "one alone was taken, because the channels cancel"),
    "inverted, no names": ([VOICE, -VOICE], ("", ""), "cancel each other"),
    "left alone": ([VOICE, silence()], STEREO, ""),
    "centre of six": ([*noises(2), VOICE, HUM, *noises(2)], SURROUND, "the centre one alone"),
    "centre of six, no names": ([*noises(2), VOICE, HUM, *noises(2)], ("",) * 6, "the centre one alone"),
    "six with a silent centre": ([VOICE, VOICE, silence(), HUM, *noises(2)], SURROUND, "left and right were taken"),
    "six with a centre that inverts": ([VOICE, -VOICE, silence(), HUM, *noises(2)], SURROUND, "the left one alone"),
    "three": ([noise(), noise(4.0, 3), VOICE], ("FL", "FR", "FC"), "the centre one alone"),
    "eight": ([*noises(2), VOICE, HUM, *noises(4)], (*SURROUND, "SL", "SR"), "the centre one alone"),
    "quad": ([VOICE, VOICE, *noises(2)], ("FL", "FR", "BL", "BR"), "left and right were taken"),
    "one of twenty microphones": ([*noises(10), 10 * VOICE, *noises(9)], ("",) * 20, "the number 11 one alone"),
    "four microphones that invert": ([VOICE, -VOICE, 0.9 * VOICE, -VOICE], ("",) * 4, "cancel each other"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_voice_is_what_is_taken(name: str) -> None:
    channels, names, note = CASES[name]
    block = np.stack(channels, 1)
    mix = downmix_of(names, [block[:10000], block[10000:]], RATE, math.inf)
    mono = mix(block)
    assert mono.dtype == np.float32 and abs(np.corrcoef(mono, VOICE)[0, 1]) > 0.98
    assert note in mix.note and bool(note) == bool(mix.note)
    assert np.abs(mono).max() > 0.4 * np.abs(VOICE).max()


def test_two_speakers_on_two_sides_are_both_there() -> None:
    mono = downmix_of(STEREO, [np.stack([VOICE, OTHER], 1)], RATE, math.inf)(np.stack([VOICE, OTHER], 1))
    assert np.allclose(mono, (VOICE + OTHER) / 2, atol=1e-6)


@pytest.mark.parametrize("other", [melody(), noise(), tone()], ids=["music", "noise", "tone"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_voice_beside_a_louder_sound_is_taken_alone(other: np.ndarray, side: int) -> None:
    channels = [3 * other, 3 * other]
    channels[side] = VOICE
    speech = read_speech(written(np.stack(channels, 1).clip(-1, 1)))
    assert np.corrcoef(speech.samples, VOICE)[0, 1] > 0.99
    assert f"the {('left', 'right')[side]} one alone was taken, as the others hold no speech" in speech.reading.notes[0]


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "FLAC", "CAF", "AIFF", "W64"])
def test_files_of_six_channels_give_the_centre(container: str) -> None:
    six = np.stack([*noises(2), VOICE, HUM, *noises(2)], 1)
    speech = read_speech(written(six, container))
    assert np.corrcoef(speech.samples, VOICE)[0, 1] > 0.999
    assert speech.reading.notes == ("Of 6 channels the centre one alone was taken, where a film has its dialogue.",)


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_six_channels_of_ogg_are_in_the_codecs_order(codec: str) -> None:
    """It has the centre second."""
    order = [0, 2, 1, 4, 5, 3]  # of the layout's channels in the file
    six = np.stack([*noises(2), VOICE, HUM, *noises(2)], 1)[:, order]
    speech = read_speech(written(six, "OGG", codec))
    assert "the centre one alone" in speech.reading.notes[0]
    assert np.corrcoef(speech.samples, VOICE)[0, 1] > 0.95
