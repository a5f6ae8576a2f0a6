# SPDX-License-Identifier: GPL-3.0-or-later
"""The round trip: a take of a voice, rendered as a film with its sound, tracked, and compared with itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.evaluation.films.looks import LOOKS, Look
from mien.evaluation.films.tracking import SIZE, rendered
from mien.eye_look import eyes_of_default_head
from mien.film_take import TrackOptions, film_take
from mien.heads.default import load_head
from mien.preview.scene import Scene
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.take import Take, of_mouth
from mien.video.writer import write_film

FPS = Fraction(25)
SHUT = 0.001  # m: lips that are nearer are closed
BESIDE = 0.021  # s: so far from a closure of the take that of the film may be, half a picture

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class RoundTrip:
    """Of one look: mean distance of the vertices of face and lips in mm, the head held still; correlation of the lip
    aperture; closures of the take, how many of them the tracked take has, and how many as the camera saw them alone."""

    look: str
    pictures: int
    face: float
    lips: float
    aperture: float
    closures: int
    found: int
    as_seen: int


def round_trips(speech: Speech, progress: Progress, looks: tuple[Look, ...] = LOOKS) -> list[RoundTrip]:
    """Of a voice in each look."""
    take = animate(recognise_phones(speech), analyse_prosody(speech), Direction(seed=1), speech.duration).resample(FPS)
    trips = []
    for i, look in enumerate(looks):
        trips.append(_round_trip(take, speech, look))
        progress((i + 1) / len(looks), f"round trip: {look.name}")
    return trips


def _round_trip(take: Take, speech: Speech, look: Look) -> RoundTrip:
    head, weights = load_head(), np.zeros((take.frames, len(take.channels)), np.float32)
    if take.weights is not None and take.gaze is not None:
        looks = [i for i, name in enumerate(take.channels) if name.startswith("eyeLook")]
        weights = take.weights.copy()
        weights[:, looks] = eyes_of_default_head(take.gaze)[:, looks]
    with tempfile.TemporaryDirectory() as folder, Scene(SIZE, head) as scene:
        path = Path(folder) / "film.mp4"
        pictures = (picture.pixels for picture in rendered(take, weights, scene, head, look))
        write_film(path, pictures, FPS, np.asarray(speech.samples), RATE)
        found, seen = (film_take(path, TrackOptions(sound=sound)).take for sound in (True, False))
    frames = min(take.frames, found.frames)
    moved = 1000 * np.linalg.norm(head.faces(take)[:frames] - head.faces(found)[:frames], axis=-1)
    front = (head.upper_face_mask > 0) | (head.lip_mask > 0)
    gaps = [head.lip_aperture(_weights(each), each.channels)[:frames] for each in (take, found)]
    holds = np.zeros((0, 2)) if take.mouth_holds is None else take.mouth_holds
    shut = [(begin, end) for begin, end in holds if _closed(take, begin, end)]
    return RoundTrip(
        look=look.name,
        pictures=frames,
        face=float(moved[:, front].mean()),
        lips=float(moved[:, head.lip_mask > 0].mean()),
        aperture=float(np.corrcoef(gaps[0], gaps[1])[0, 1]),
        closures=len(shut),
        found=sum(_closed(found, begin, end) for begin, end in shut),
        as_seen=sum(_closed(seen, begin, end) for begin, end in shut),
    )


def _closed(take: Take, begin: float, end: float) -> bool:
    """Whether the lips of a take meet in these seconds, or half a picture beside them."""
    near = (take.times >= begin - BESIDE) & (take.times <= end + BESIDE)
    gaps = load_head().lip_aperture(_weights(take), take.channels)[near]
    return bool(len(gaps)) and float(gaps.min()) <= SHUT


def _weights(take: Take) -> np.ndarray:
    assert take.weights is not None and any(map(of_mouth, take.channels))
    return take.weights


HEAD = ("look", "pictures", "face, mm", "lips, mm", "lip aperture, r", "closures in both", "as seen")


def cells(trips: list[RoundTrip]) -> list[list[str]]:
    """Rows of a table under HEAD."""
    return [
        [
            trip.look, str(trip.pictures), f"{trip.face:.2f}", f"{trip.lips:.2f}", f"{trip.aperture:.2f}",
            f"{trip.found} of {trip.closures}", f"{trip.as_seen} of {trip.closures}",
        ]
        for trip in trips
    ]  # fmt: skip
