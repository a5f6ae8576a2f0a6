# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks of speech and of takes, on each kind of face."""

import json
from dataclasses import replace
from fractions import Fraction

import flame as made_up
import numpy as np
import pytest
from checkout import SAMPLES
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.heads.correspondence import head_correspondence
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.landmark_fitting import fit_channels
from mien.heads.landmark_track import default_rest, landmarks_of
from mien.heads.retarget import to_flame
from mien.landmarks.of_people import PhotoFace
from mien.landmarks.of_speech import speak_landmarks, take_landmarks, with_notes
from mien.take import read_take
from sounds import voice

CAMERA = np.float32([[2, 0, 0, 100], [0, -2, 0, 500]])


@pytest.fixture(scope="module")
def take():
    return read_take(SAMPLES / "default_style.take.safetensors")


@pytest.fixture(scope="module")
def speech() -> Speech:
    return Speech.from_samples(voice(1.2), "voice")


def somebody() -> PhotoFace:
    return PhotoFace((default_rest() * 1.1).astype(np.float32), CAMERA, "face.png", 640, 480, ("the mouth is open",))


def test_a_take_on_each_face(take) -> None:
    plain = take_landmarks(take)
    np.testing.assert_array_equal(plain.points, landmarks_of(take).points)
    assert take_landmarks(take, load_identity("man_b")).info["identity"] == "man_b"
    there = take_landmarks(take, somebody())
    np.testing.assert_allclose(there.points - there.rest, 1.1 * (plain.points - plain.rest), atol=0.01)
    assert (there.info["photo"], json.loads(there.info["warnings"])) == ("face.png", ["the mouth is open"])


def test_speech_by_another_engine_is_that_of_its_take(speech) -> None:
    track = speak_landmarks(speech, Direction(seed=3), "articulation", 25, load_identity("teen"))
    assert (track.info["engine"], track.info["seed"], track.info["identity"]) == ("articulation", "3", "teen")
    assert track.fps == 25 and track.duration == speech.duration
    assert fit_channels(track)[:, 24].max() > 0.05  # jawOpen


def test_a_take_of_flame_becomes_channels_first(take) -> None:
    flame, head = made_up.on_head(), load_head()
    moved = to_flame(replace(take, meta={}), head, flame, head_correspondence(head, flame))
    track = take_landmarks(moved, flame=flame)
    expected = take_landmarks(take)
    assert np.corrcoef(track.lip_gap[:, 1], expected.lip_gap[:, 1])[0, 1] > 0.9
    assert track.fps == Fraction(25)


def test_notes_are_added_to_the_warnings(take) -> None:
    track = with_notes(with_notes(landmarks_of(take), ("one",)), ("two",))
    assert json.loads(track.info["warnings"]) == ["one", "two"]
    assert with_notes(track, ()) is track
