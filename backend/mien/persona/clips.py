# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips to learn from, as the user names them: films, which are tracked, and takes with their sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.audio.speech import Speech, SpeechError, read_speech
from mien.engines.base import Progress
from mien.errors import capitalized
from mien.face_tracking import TrackingError
from mien.film_take import film_take
from mien.persona import LearningError, SoundsRefused
from mien.persona.recording import Recording, recording_of
from mien.take import Take, read_take
from mien.video import VideoError

SUFFIXES = (".safetensors", ".st")  # of takes
SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mp4", ".mov", ".mkv")  # that are looked for beside a take


def read_recordings(
    clips: Sequence[Path], sounds: Sequence[Path], progress: Progress, limit_s: float
) -> tuple[list[Recording], list[str]]:
    """(recordings, sentences on clips that are of no use). `sounds`: those of the takes among the clips, in their
    order; one that is not named is looked for beside its take. LearningError where no clip is of use; SoundsRefused
    where sounds and takes do not belong together; TakeError, SpeechError and OSError for a file that was named and
    cannot be read.
    """
    takes = [clip for clip in clips if clip.suffix.lower() in SUFFIXES]
    if sounds and len(sounds) != len(takes):
        raise SoundsRefused(
            f"there are {len(takes)} takes and {len(sounds)} sounds; give each take its --sound, in their order, or "
            "none, and a sound of the same name beside each. A film brings its own."
        )
    pairs = dict(zip(takes, sounds or map(_sound_beside, takes), strict=True))
    found, refused = [], []
    for i, clip in enumerate(clips):

        def report(done: float, stage: str, i: int = i, clip: Path = clip) -> None:
            progress((i + done) / len(clips), f"{clip.name}: {stage}")

        report(0.0, "reading")
        try:
            if clip in pairs:
                take, speech = _take_and_sound(clip, pairs[clip], limit_s)
            else:
                take, speech = _film(clip, report, limit_s)
            found.append(recording_of(clip.name, take, speech))
        except LearningError as error:
            sentence = str(error)  # which may begin with the clip's name
            refused.append(sentence if sentence.startswith(clip.name) else capitalized(sentence))
        except (VideoError, TrackingError) as error:
            refused.append(f"{clip.name} is left out: {error}")
    if not found:
        raise LearningError(f"none of the clips is of use. {' '.join(refused)}")
    return found, refused


def _film(path: Path, progress: Progress, limit_s: float) -> tuple[Take, Speech]:
    made = film_take(path, limit_s=limit_s, progress=progress)
    if not made.footage.has_sound:
        raise LearningError(f"{path.name} has no sound, so nobody knows what is said in it.")
    try:
        return made.take, read_speech(path, limit_s=limit_s)
    except SpeechError as error:
        raise LearningError(f"the sound of {path.name} cannot be read: {error}") from None


def _take_and_sound(path: Path, sound: Path, limit_s: float) -> tuple[Take, Speech]:
    take, speech = read_take(path), read_speech(sound, limit_s=limit_s)
    if take.meta.get("audio_sha256", speech.sha256) != speech.sha256:
        raise LearningError(
            f"the file {sound.name} is not the sound of {path.name}, which was made of another; name that one."
        )
    return take, speech


def _sound_beside(take: Path) -> Path:
    """Of the same name. SoundsRefused where there is none."""
    stem = take.name.removesuffix(take.suffix).removesuffix(".take")
    for suffix in SOUNDS:
        if (path := take.with_name(stem + suffix)).is_file():
            return path
    raise SoundsRefused(
        f"{take.name} is a take, and beside it is no sound {stem}.wav; name it: --sound FILE, once for each take."
    )
