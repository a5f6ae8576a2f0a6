# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photo shows of a take with an emotion, in its own pixels: strength by even steps, lips that still meet."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from lip_contacts import BILABIALS, showing, track_of
from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.engines.emodiffhead.generate import generate
from mien.photo.face_mesh import FaceMesh
from mien.photo.fit import fit_face
from mien.photo.motion import motion_of
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from rendered_faces import face
from voices import voice

STEPS = np.linspace(0, 1, 11)
EMOTIONS = ("happy", "angry", "surprised")
SHUT = 0.012  # of the eye distance: 1 mm
OPEN_PHOTO = (("jawOpen", 0.5),)


def take_of(emotion: str, intensity: float) -> Take:
    """Of the shipped voice; neutral at 1 only."""
    return _takes()[emotion, intensity]


@functools.cache
def _takes() -> dict[tuple[str, float], Take]:
    asked = [("neutral", 1.0), *((emotion, float(step)) for emotion in EMOTIONS for step in STEPS)]
    return dict(zip(asked, _acted(voice("shipped"), track_of("shipped"), asked), strict=True))


@functools.cache
def _takes_with_silence() -> dict[str, Take]:
    still = np.zeros(RATE, np.float32)
    speech = Speech.from_samples(np.r_[still, voice("shipped").samples[: 2 * RATE], still])
    asked = [(emotion, 1.0) for emotion in ("neutral", *EMOTIONS)]
    takes = _acted(speech, recognise_phones(speech), asked)
    return {emotion: take for (emotion, _), take in zip(asked, takes, strict=True)}


def _acted(speech: Speech, track: PhoneTrack, asked: list[tuple[str, float]]) -> list[Take]:
    """One take for each emotion with its intensity, all of them made at once: that costs a fraction."""
    still = {"head": 0, "blinks": 0, "gaze": 0}
    directions = [Direction.from_json({"emotion": name, "intensity": amount, **still}) for name, amount in asked]
    return [take.resample(25) for take in generate(speech, track, analyse_prosody(speech), directions)]


@functools.cache
def mesh_of(channels: tuple[tuple[str, float], ...] = ()) -> FaceMesh:
    fitted = fit_face(face(channels))
    return FaceMesh(fitted, fitted.own_weights)


def landmarks(mesh: FaceMesh, take: Take, every: int = 1) -> np.ndarray:
    """(F, 468, 2) in eye distances: where a take moves the landmarks of the photo."""
    motion = motion_of(take, mesh.face.head, mesh.face.own)
    places = [mesh.landmarks(mesh.at(weights))[:, :2] for weights in motion.weights[::every]]
    return np.array(places) / mesh.face.eye_distance


def gaps(mesh: FaceMesh, take: Take) -> np.ndarray:
    """(F,) eye distances between the edges of the lips at their middle, whose triangles are the slit of the mouth."""
    lips = mesh.which[mesh.between]  # no other vertices: of all of them it would take long
    motion = motion_of(take, mesh.face.head, mesh.face.own)
    return np.array([_gap(mesh, mesh.face.vertices(weights, lips)) for weights in motion.weights])


def _gap(mesh: FaceMesh, lips: np.ndarray) -> float:
    """lips (2 N, 3) pixels: the upper and the lower one in turn."""
    pairs = lips.reshape(-1, 2, 3)[list(mesh.face.head.inner_lips_middle), :, 1]
    return float(np.median(pairs[:, 1] - pairs[:, 0])) / mesh.face.eye_distance


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_strength_rises_by_even_steps(emotion: str) -> None:
    mesh = mesh_of()
    shown = [landmarks(mesh, take_of(emotion, float(step)), every=8) for step in STEPS]
    moved = np.array([np.linalg.norm(each - shown[0], axis=2).mean() for each in shown])
    assert (np.diff(moved) > 0).all()
    assert np.diff(moved).max() < 2.5 * moved[-1] / 10
    assert moved[-1] > 0.01


@pytest.mark.parametrize("photo", [(), OPEN_PHOTO])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_lips_meet_and_move_as_without_the_emotion(emotion: str, photo: tuple[tuple[str, float], ...]) -> None:
    mesh, take = mesh_of(photo), take_of(emotion, 1.0)
    calm, moved = (gaps(mesh, each) for each in (take_of("neutral", 1.0), take))
    closing = [each for each in track_of("shipped").segments if each.phone in BILABIALS]
    assert len(closing) >= 3
    assert all(moved[showing(each, take)].min() <= SHUT + _closed(mesh) for each in closing)
    assert np.corrcoef(calm, moved)[0, 1] >= 0.9


@pytest.mark.parametrize("photo", [(), OPEN_PHOTO])
@pytest.mark.parametrize("emotion", ("neutral", *EMOTIONS))
def test_the_mouth_is_shut_in_silence(emotion: str, photo: tuple[tuple[str, float], ...]) -> None:
    mesh = mesh_of(photo)
    take = _takes_with_silence()[emotion]
    gap = gaps(mesh, take)
    silent = (take.times > 0.2) & (take.times < 0.7) | (take.times > 3.4)
    assert np.median(gap[silent]) <= SHUT + _closed(mesh)
    assert gap[~silent].max() > 0.1


def _closed(mesh: FaceMesh) -> float:
    """Eye distances between lips that the photo shows closed, whose edges lie a little behind one another."""
    return 0.0 if mesh.face.own.any() else _gap(mesh, mesh.rest[mesh.between])
