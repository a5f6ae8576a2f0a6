# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a film of a face becomes a take; its sound says when the lips met, and where the phrases are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.audio.speech import RATE, Speech, SpeechError, read_speech
from mien.face_tracking.choice import FaceChoice
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.phrases import phrases
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import RATE as PHONE_RATE
from mien.take import Take
from mien.video import VideoError
from mien.video.excerpt import excerpt
from mien.video.footage import Footage
from mien.video.reader import open_footage

if TYPE_CHECKING:
    from mien.face_tracking.missed_closures import Contacts
    from mien.face_tracking.track import FaceTrack
    from mien.speech_analysis.track import PhoneTrack

LIMIT_S = 600.0  # seconds of film, and of its sound
LONGEST = 3600.0  # seconds of the sound of a film of which a part is tracked: it is read whole, 230 MB
MARGIN = 1.0  # seconds of sound before and after that part, which the recogniser hears, too
GAPS = 5  # that are listed one by one
PICTURES = 0.95  # share of the work that the pictures are

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class TrackOptions:
    """What is asked of a tracked take.

    neutral: a picture, counted from 0, or seconds after the first one as a float, with the resting face; None to find
    it. fps: of the take, None for the film's. sound: whether the film's sound is listened to, for closures that the
    camera missed. begin, end: the part of the film, in seconds of its sound; None for the film's end.
    """

    choice: FaceChoice = field(default_factory=FaceChoice)
    neutral: int | float | None = None
    fps: Fraction | None = None
    sound: bool = True
    begin: Fraction = Fraction(0)
    end: Fraction | None = None


@dataclass(frozen=True, eq=False)
class FilmTake:
    """A take, the track and the footage that it is from, and what was found of contacts of the lips; None where the
    sound was not listened to."""

    take: Take
    track: FaceTrack
    footage: Footage
    contacts: Contacts | None


def film_take(
    path: Path,
    options: TrackOptions | None = None,
    name: str = "",
    limit_s: float = LIMIT_S,
    progress: Progress = lambda fraction, stage: None,
) -> FilmTake:
    """The take of a face in the film or photo at `path`, which is called `name` in messages.

    `progress(fraction, stage)` may raise to cancel, and is called for every picture. A sound that cannot be read or
    heard costs the closures alone, and is noted. Raises VideoError for what is no film or is longer than `limit_s`,
    TrackingError where no face is found.
    """
    # here, as the service reads the options alone: with the networks' runtime it would be 20 MB larger
    from mien.face_tracking.calibration import neutral_picture
    from mien.face_tracking.missed_closures import find_missed
    from mien.face_tracking.to_take import take_from_track
    from mien.face_tracking.tracker import track_face

    options = options or TrackOptions()
    footage = open_footage(path)
    footage = replace(footage, name=name or footage.name)
    film_start = repr(float(footage.start))
    if options.begin or options.end is not None:
        footage = excerpt(footage, options.begin, options.end)
    if footage.length is not None and footage.length > limit_s:
        raise _too_long(footage, float(footage.length), limit_s)
    share = PICTURES if footage.has_sound and options.sound else 1.0

    def report(fraction: float, stage: str) -> None:
        progress(share * fraction, stage)

    track = track_face(footage, options.choice, progress=report)
    if track.length > limit_s:  # its header gave no length
        raise _too_long(footage, float(track.length), limit_s)
    speech = phones = None
    if footage.has_sound and options.sound:
        try:
            speech = _speech_of(path, footage, options, limit_s)
            begin, end = _analysed_part(footage, track, options, speech)
            phones = _phones_of(
                speech, begin, end, lambda done: progress(PICTURES + (1 - PICTURES) * done, "analysing speech")
            )
        except (SpeechError, RecognitionError) as error:
            track = _noted(track, f"the sound was not listened to, so lips meet only where it was seen: {error}")
    neutral = options.neutral
    if isinstance(neutral, float):
        neutral = neutral_picture(track, neutral)
    contacts = None if phones is None else find_missed(track, phones)
    take = take_from_track(track, neutral, None if contacts is None else contacts.times)
    found = _of_sound(footage, speech, phones, contacts)
    take = replace(take, meta={**take.meta, "film_start": film_start, **_warnings(take.meta), **found})
    if options.fps is not None:
        take = take.resample(options.fps)
    progress(1.0, "done")
    return FilmTake(take, track, footage, contacts)


def _speech_of(path: Path, footage: Footage, options: TrackOptions, limit_s: float) -> Speech:
    """The whole sound of the film, of which a part may be wanted. SpeechError."""
    return read_speech(path, name=footage.name, limit_s=max(limit_s, LONGEST) if _is_part(options) else limit_s)


def _analysed_part(footage: Footage, track: FaceTrack, options: TrackOptions, speech: Speech) -> tuple[float, float]:
    """(begin, end) seconds of the sound whose phones are recognised: all of it, or a part with a margin."""
    if not _is_part(options):
        return 0.0, float(speech.duration)
    return float(footage.start) - MARGIN, float(footage.start + track.length) + MARGIN


def _is_part(options: TrackOptions) -> bool:
    return options.begin > 0 or options.end is not None


def _noted(track: FaceTrack, note: str) -> FaceTrack:
    notes = [*json.loads(track.meta["notes"]), note]
    return replace(track, meta={**track.meta, "notes": json.dumps(notes)})


def _phones_of(speech: Speech, begin: float, end: float, progress: Callable[[float], None]) -> PhoneTrack:
    """The phones from `begin` to `end`, seconds, in the time of the sound; silence elsewhere. RecognitionError."""
    frames = -(-len(speech.samples) * PHONE_RATE // RATE)
    first = min(max(0, round(begin * PHONE_RATE)), frames - 1)
    last = min(max(first + 1, round(end * PHONE_RATE)), frames)
    if (first, last) == (0, frames):
        return recognise_phones(speech, progress=progress)
    hop = RATE // PHONE_RATE
    part = Speech.from_samples(speech.samples[first * hop : last * hop], speech.name)
    return recognise_phones(part, progress=progress).placed(first, frames)


def _warnings(meta: Mapping[str, str]) -> dict[str, str]:
    """Sentences for the user: where there was no face, and what is unusual about the film."""
    gaps = [f"No face between {begin:.2f} s and {end:.2f} s." for begin, end in json.loads(meta["gaps"])]
    sentences = [f"{note[:1].upper()}{note[1:].rstrip('.')}." for note in json.loads(meta.get("notes", "[]"))]
    if len(gaps) > GAPS:
        gaps = [*gaps[:GAPS], f"No face {len(gaps) - GAPS} times more."]
    return {"warnings": json.dumps([*gaps, *sentences], ensure_ascii=False)} if gaps or sentences else {}


def _of_sound(
    footage: Footage, speech: Speech | None, phones: PhoneTrack | None, contacts: Contacts | None
) -> dict[str, str]:
    """The take's metadata on the sound of its film."""
    meta = {"film_has_sound": json.dumps(footage.has_sound)}
    if speech is None or phones is None or contacts is None:
        return meta
    return meta | {
        "audio_sha256": speech.sha256,
        "phrases": json.dumps(np.round(phrases(phones), 2).tolist()),
        "closures": json.dumps(closures_of(contacts)),
    }


def closures_of(contacts: Contacts) -> dict[str, object]:
    """Contacts for JSON: how many the sound has, how many the camera saw, at which seconds lips were made to meet."""
    times = [round(float(begin), 3) for begin, _ in contacts.times]
    return {"in_sound": contacts.count, "seen": contacts.seen, "repaired": len(times), "repaired_at": times}


def _too_long(footage: Footage, seconds: float, limit_s: float) -> VideoError:
    return VideoError(
        f"The film {footage.name!r} lasts {seconds:.1f} s, more than the limit of {limit_s:g} s. Cut it, or name a "
        "part of it."
    )
