# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/suggested-emotions: a sound goes in, what its voice suggests comes back, and nothing is kept."""

import errno
import io

import numpy as np
import pytest
import soundfile
from checkout import SAMPLES
from mien.audio.speech import read_speech
from mien.service.http import emotion_routes
from mien.speech_analysis.vocal.suggestion import suggest_emotion
from service_client import WAV, check_problem
from voices import SHIPPED

PATH = "/v1/suggested-emotions"


def suggest(service, sound: bytes, **fields: str):
    return service.http.post(PATH, files={"sound": ("voice.wav", sound)}, data=fields)


def voice(seconds: float = 4.0) -> bytes:
    samples, rate = soundfile.read(SHIPPED)
    file = io.BytesIO()
    soundfile.write(file, np.resize(samples, round(seconds * rate)), rate, "PCM_16", format="WAV")
    return file.getvalue()


def test_a_voice_gives_the_suggestion_that_the_command_gives(service) -> None:
    sound = voice()
    reply = suggest(service, sound, track="1")
    assert reply.status_code == 200
    assert reply.json() == suggest_emotion(read_speech(sound)).to_json()
    assert not any(path.name.startswith("upload") for path in service.scheduler.storage.folder.folder.rglob("*"))


def test_what_cannot_be_used_is_a_problem_in_words(service) -> None:
    check_problem(suggest(service, WAV), 422, "No voice is heard in 'voice.wav': ")
    check_problem(suggest(service, (SAMPLES / "text.wav").read_bytes()), 422, "holds text, not sound")
    check_problem(suggest(service, voice(5.5)), 422, "more than the limit of 5 s")
    check_problem(suggest(service, WAV, track="0"), 422, "The field 'track' is '0'")
    check_problem(suggest(service, WAV, mood="glum"), 422, "a field 'mood'; the fields are sound, track")
    check_problem(service.http.post(PATH, content=WAV), 415, "send multipart/form-data")


def test_a_full_disk_is_a_problem_in_words(service, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(upload: object, path: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(emotion_routes, "copy_upload", full)
    check_problem(suggest(service, WAV), 507, "The backend's disk is full, so it cannot take a sound.")


def test_info_says_that_it_can(service) -> None:
    assert service.http.get("/v1/info").json()["suggests_emotions"] is True
