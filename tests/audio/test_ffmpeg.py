# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound tracks of films."""

import numpy as np
import pytest
from mien.audio.speech import SpeechError, read_speech
from sounds import encoded, melody, noise, silence, tone, voice

VOICE, OTHER = voice(4.0), voice(7.0)[-4 * 16000 :]
CONTAINERS = {"mkv": ("matroska", "pcm_s16le"), "mov": ("mov", "pcm_s16le"), "mp4": ("mp4", "aac")}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("first", [silence(), noise(), tone(), melody()], ids=["silence", "noise", "tone", "music"])
def test_a_track_without_speech_is_not_taken(container: str, first: np.ndarray) -> None:
    speech = read_speech(encoded(*CONTAINERS[container], first, VOICE, languages=("eng", "fra")))
    assert np.corrcoef(speech.samples[: len(VOICE)], VOICE)[0, 1] > 0.97
    assert (speech.reading.track, speech.reading.tracks) == (2, 2)
    (note,) = speech.reading.notes
    assert "number 2 (fra" in note and "as track 1 has no speech" in note


@pytest.mark.parametrize("track", [1, 2, None])
def test_a_track_is_chosen_by_its_number(track: int | None) -> None:
    data = encoded("matroska", "pcm_s16le", VOICE, OTHER)
    speech = read_speech(data, track=track)
    wanted = OTHER if track == 2 else VOICE
    assert np.corrcoef(speech.samples, wanted)[0, 1] > 0.999 and speech.reading.track == (track or 1)
    assert bool(speech.reading.notes) == (track is None)


@pytest.mark.parametrize(("track", "there"), [(3, "sound tracks 1 to 2"), (9, "sound tracks 1 to 2")])
def test_a_track_that_is_not_there_is_refused(track: int, there: str) -> None:
    with pytest.raises(SpeechError, match=f"Track {track} of 'film' was asked for; it has {there}"):
        read_speech(encoded("matroska", "pcm_s16le", VOICE, OTHER), name="film", track=track)


def test_one_track_is_named_as_one() -> None:
    assert read_speech(encoded("matroska", "pcm_s16le", VOICE), track=1).reading.notes == ()
    with pytest.raises(SpeechError, match="it has 1 sound track"):
        read_speech(encoded("matroska", "pcm_s16le", VOICE), track=2)
