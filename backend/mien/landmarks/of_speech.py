# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a voice and a direction, or a take, become 68 landmarks of a face: the default one, an identity's, a
photo's."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np

from mien import engines
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines import kfusion
from mien.engines.base import Progress, no_progress
from mien.engines.neural.motion_space import FPS as MOTION_FPS
from mien.heads.default import load_head
from mien.heads.flame import Flame
from mien.heads.identity import Identity
from mien.heads.landmark_track import MM, LandmarkTrack, landmarks_of, rest_of
from mien.heads.retarget import retargeter
from mien.landmarks.of_people import PhotoFace, on_photo
from mien.speak import speak
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.report import warnings_of
from mien.take import Take, parse_fps

KFUSION = kfusion.INFO.name  # the engine that makes landmarks of any face itself

Face = Identity | PhotoFace | None


def speak_landmarks(
    speech: Speech,
    direction: Direction,
    engine: str = KFUSION,
    fps: Fraction | int | str | None = None,
    face: Face = None,
    progress: Progress = no_progress,
) -> LandmarkTrack:
    """The landmarks of `face`, the default head's when None, that says `speech` as `direction` asks; at `fps`, or at
    the engine's own rate when None. Another engine than KFusion makes a take, whose landmarks they are. Errors as those
    of `speak`."""
    if engine != KFUSION:
        return take_landmarks(speak(speech, direction, engine, fps, progress), face)
    from mien.engines.kfusion.generate import landmarks

    info = engines.info_of(engine)
    engines.check(direction, info)
    rest = rest_of(face.head) if isinstance(face, Identity) else None if face is None else face.rest
    rate = MOTION_FPS if fps is None else parse_fps(fps)
    track = landmarks(speech, direction, rest, fps=rate, progress=progress)
    said = {"direction": direction.to_json(), "audio_sha256": speech.sha256, "licence": info.licence}
    # the recogniser has its track at hand
    sentences = warnings_of(speech, recognise_phones(speech, direction.transcript))
    return _on_face(with_notes(replace(track, info={**track.info, **said}), tuple(sentences)), face)


def take_landmarks(take: Take, face: Face = None, flame: Flame | None = None) -> LandmarkTrack:
    """The landmarks of a take on `face`; `flame`: the head that the take moves, where it is FLAME. HeadError or
    FlameError where the take is of another head, or FLAME's landmarks are not here."""
    if flame is not None:
        take = retargeter(load_head(), flame)(take)
    if isinstance(face, Identity):
        return landmarks_of(take, face)
    return _on_face(landmarks_of(take), face)


def with_notes(track: LandmarkTrack, notes: tuple[str, ...]) -> LandmarkTrack:
    """The track with more sentences for the user among the `warnings` of its info, as a JSON list."""
    if not notes:
        return track
    warnings = [*json.loads(track.info.get("warnings", "[]")), *notes]
    return replace(track, info={**track.info, "warnings": json.dumps(warnings, ensure_ascii=False)})


def _on_face(track: LandmarkTrack, face: Face) -> LandmarkTrack:
    if isinstance(face, PhotoFace):
        return with_notes(on_photo(track, face), face.notes)
    if isinstance(face, Identity):
        pivot = (face.head.joint("neck") * MM).astype(np.float32)
        return replace(track, pivot=pivot, info={**track.info, "identity": face.name})
    return track
