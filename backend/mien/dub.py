# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a film and another voice become the film of the same person saying the other words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.engines.base import Progress, no_progress
from mien.engines.personatalk import DubError
from mien.engines.personatalk.options import CLIP, DubOptions
from mien.engines.staged_progress import StagedProgress
from mien.numeric.mask_runs import runs

if TYPE_CHECKING:
    from mien.audio.speech import Speech
    from mien.direction import Direction
    from mien.engines.personatalk.face_shapes import FaceShapes
    from mien.engines.personatalk.film.shots import ShotRenderers
    from mien.engines.personatalk.lip_motion import Speaker
    from mien.engines.personatalk.mouth_space import MouthSpace
    from mien.engines.personatalk.speaking_style import SpeakingStyle
    from mien.engines.personatalk.voice_motion import VoiceMotion
    from mien.face_tracking.track import FaceTrack
    from mien.video.footage import Footage

STAGES = {"tracking": 0.25, "listening": 0.15, "references": 0.15, "dubbing": 0.45}  # shares of the work
SOUND_LIMIT_S = 6 * 3600.0  # of the film's own sound that is read
LEARN_S = 60.0  # of the film's own sound that is listened to
MUTE = 1.0  # s after the end of the new sound, from which it is said
LOOP_BYTES = 400e6  # of pictures that are held for running backwards
NO_FACE, TURNED, COVERED, PAUSE = (
    "no face is seen", "the head is turned more than 50 degrees", "something covers the mouth", "a pause is kept",
)  # fmt: skip


@dataclass(frozen=True)
class DubReport:
    """What became of a dub.

    output: the film; frames: pictures of it; dubbed: how many of them have a new mouth; kept: (begin, end, why) of the
    stretches that keep their own pictures, in seconds of the output; sound_late: seconds by which the film's own sound
    was late against its lips, and was corrected for learning (negative: early), None where it was not found;
    notes: sentences for the user; seconds: of work, by stage.
    """

    output: str
    frames: int
    dubbed: int
    kept: tuple[tuple[float, float, str], ...]
    sound_late: float | None
    notes: tuple[str, ...]
    seconds: dict[str, float]


def dub(
    video: Path,
    voice: Path,
    output: Path,
    options: DubOptions | None = None,
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> DubReport:
    """The film `video` with the words of `voice`, written to `output`, whole or not at all.

    `progress(fraction, stage)` may raise Cancelled, as `cancelled()` asks for it; both are called for every picture.
    Raises DubError, VideoError, SpeechError, TrackingError, EngineError or DirectionError in words; ConsentMissing
    where nobody said that the person agreed.
    """
    # here, as the service reads the options alone
    from mien.audio.speech import read_speech
    from mien.engines.personatalk.film.timeline import timeline
    from mien.engines.personatalk.film.writer import FilmPlan, check_suffix, write_dub
    from mien.engines.personatalk.lip_motion import plan_mouth
    from mien.engines.personatalk.warp import one_thread
    from mien.face_tracking.tracker import track_face
    from mien.files.atomic import atomic_path
    from mien.video.provenance import provenance_of, sign

    options = options or DubOptions()
    check_suffix(output, options)
    names = {"video": video, "voice": voice}
    provenance = provenance_of("dub", names, f"personatalk with {options.engine}", options.direction.seed)
    work = StagedProgress(STAGES, progress, cancelled, "The dub was stopped; nothing is written.")
    speech = read_speech(voice)
    footage = _part_of(video, options, speech.duration)
    track = track_face(footage, options.face, progress=work.of("tracking"))
    actor = _learn(video, footage, track, options, work)
    length = speech.duration if options.preview is None else min(speech.duration, options.preview)
    loop = int(LOOP_BYTES / (3 * track.width * track.height))
    sources = timeline(track.frames, track.rate, length, options.when_longer, actor.shapes.pose, loop)
    if options.preview is not None:
        sources = sources[: math.ceil(options.preview * track.rate)]
    times = [*track.times, *(track.times[-1] + (i + 1) / track.rate for i in range(len(sources) - track.frames))]
    times = times[: len(sources)]
    motion = _motion(speech, options.direction, options.engine, work, "listening", 0.5)
    frame = float(1 / track.rate)
    seconds = np.array([float(second) for second in times])
    mouth = plan_mouth(motion, seconds, frame, actor.speaker, actor.style.lip_map if actor.style else None, options)
    kept = _kept(actor, track, sources, mouth, motion, seconds, options)
    plan = FilmPlan(
        times, track.rate, track.steady, video, track.start if options.begin else Fraction(0), voice, provenance.tags()
    )
    pictures = _dubbed(footage, actor, track, sources, mouth, kept, options, work)
    with atomic_path(output) as part, one_thread():
        written = write_dub(part, pictures, plan, options)
        style, stretches = actor.style, _stretches(kept, seconds, frame)
        notes = (*footage.notes, *(style.notes if style is not None else actor.notes), *written)
        notes += _of_the_voice(speech, track, motion, options)
        said = (*(f"As it was from {begin:.2f} s to {end:.2f} s: {why}." for begin, end, why in stretches), *notes)
        sign(part, replace(provenance, notes=said), output.name)
    work("dubbing", 1.0)
    return DubReport(
        output=str(output),
        frames=len(sources),
        dubbed=sum(why is None for why in kept),
        kept=stretches,
        sound_late=style.offset.late if style is not None and style.offset.found else None,
        notes=notes,
        seconds=work.seconds,
    )


def _of_the_voice(speech: Speech, track: FaceTrack, motion: VoiceMotion, options: DubOptions) -> tuple[str, ...]:
    """What the sound lacks that an editor may not expect: speech, or the length of the film."""
    silent = sum(end - begin for begin, end in motion.silent)
    if silent >= 0.95 * motion.seconds:
        return ("Nothing was heard as speech in the new sound, so the mouth rests.",)
    rest = float(track.length - speech.duration)
    if options.preview is None and rest > MUTE:
        return (f"The new sound ends {rest:.1f} s before the film: from there on the mouth is shut.",)
    return ()


@dataclass(frozen=True, eq=False)
class _Actor:
    """The person of the film, and how they move the mouth; style: None where nothing of it is used."""

    shapes: FaceShapes
    space: MouthSpace
    mouth: np.ndarray
    speaker: Speaker
    style: SpeakingStyle | None
    renderers: ShotRenderers
    notes: tuple[str, ...]


def _part_of(video: Path, options: DubOptions, voice: Fraction) -> Footage:
    from mien.video.excerpt import excerpt
    from mien.video.reader import open_footage

    footage = open_footage(video)
    if footage.still:
        raise DubError(f"{video.name!r} is a photo; mien portrait makes photos speak. Name a film.")
    return excerpt(footage, options.begin, options.end) if options.begin or options.end is not None else footage


def _learn(video: Path, footage: Footage, track: FaceTrack, options: DubOptions, work: StagedProgress) -> _Actor:
    """Shape, mouth and style of the person in the track."""
    from mien.engines.personatalk.face_shapes import face_shapes
    from mien.engines.personatalk.film.shots import ShotRenderers
    from mien.engines.personatalk.lip_motion import speaker_of
    from mien.engines.personatalk.mouth_space import mouth_space
    from mien.engines.personatalk.reference_choice import is_profile
    from mien.engines.personatalk.template import face_template

    seconds = track.seconds + float(track.start)
    allowed = np.ones(track.frames, bool)
    if options.references is not None:
        begin, end = map(float, options.references)
        allowed = (seconds >= begin) & (seconds < end)
    learnt = allowed & track.tracked & ~is_profile(face_shapes(track))
    shapes = face_shapes(track, learnt)
    space = mouth_space(shapes, learnt)
    mouth = space.coefficients(shapes.shapes)
    speaker = speaker_of(space, mouth[learnt])
    style, notes = None, ()
    if options.manner == CLIP:
        style, notes = _style(video, footage, mouth, learnt, seconds, track, speaker, options, work)
    template = face_template(shapes, learnt)
    renderers = ShotRenderers(footage, shapes, track.shot, learnt, space, template, work.of("references"))
    return _Actor(shapes, space, mouth, speaker, style, renderers, notes)


def _style(
    video: Path, footage: Footage, mouth: np.ndarray, learnt: np.ndarray, seconds: np.ndarray, track: FaceTrack,
    speaker: Speaker, options: DubOptions, work: StagedProgress,
) -> tuple[SpeakingStyle | None, tuple[str, ...]]:  # fmt: skip
    from mien.audio.speech import RATE, Speech, SpeechError, read_speech
    from mien.engines.personatalk.speaking_style import learn_style

    plain = "the mouth opens as the engine has it."
    if not footage.has_sound:
        return None, (f"The film has no sound to learn the speaker's style from: {plain}",)
    try:
        own = read_speech(video, limit_s=SOUND_LIMIT_S)
    except SpeechError as error:
        return None, (f"The film's own sound cannot be read ({error}): {plain}",)
    begin = float(seconds[np.flatnonzero(learnt)[0]])
    first = max(0, round((begin - 1) * RATE))
    sample = Speech.from_samples(own.samples[first : first + round(LEARN_S * RATE)], own.name)
    direction = replace(options.direction, emotion={}, transcript="", held={}, face={})
    motion = _motion(sample, direction, options.engine, work, "listening", 0.0)
    within = learnt & (seconds - first / RATE < float(sample.duration))
    style = learn_style(mouth, within, seconds - first / RATE, float(1 / track.rate), motion, speaker)
    return style, style.notes


def _motion(
    speech: Speech, direction: Direction, engine: str, work: StagedProgress, stage: str, begin: float
) -> VoiceMotion:
    from mien.engines.personatalk.voice_motion import voice_motion
    from mien.heads.default import load_head
    from mien.speak import speak
    from mien.speech_analysis.prosody import listen_to_prosody
    from mien.speech_analysis.recognizer import listen
    from mien.speech_analysis.track import RATE

    take = speak(speech, direction, engine, Fraction(RATE), work.of(stage, begin, 0.5))
    return voice_motion(take, listen(speech, direction.transcript), listen_to_prosody(speech), load_head())


def _kept(
    actor: _Actor, track: FaceTrack, sources: np.ndarray, mouth: np.ndarray, motion: VoiceMotion,
    seconds: np.ndarray, options: DubOptions,
) -> list[str | None]:  # fmt: skip
    """Why each frame of the dub keeps its own picture; None where it does not. More are found while rendering."""
    from mien.engines.personatalk.lip_motion import own_rest
    from mien.engines.personatalk.reference_choice import is_profile

    profile = is_profile(actor.shapes)
    pause = np.zeros(len(sources), bool)
    if options.keep_pauses:
        pause = own_rest(actor.mouth[sources], mouth, actor.speaker, motion, seconds)
    why: list[str | None] = []
    for number, source in enumerate(sources):
        if not track.tracked[source]:
            why.append(NO_FACE)
        elif profile[source]:
            why.append(TURNED)
        else:
            why.append(PAUSE if pause[number] else None)
    return why


def _dubbed(
    footage: Footage, actor: _Actor, track: FaceTrack, sources: np.ndarray, mouth: np.ndarray,
    kept: list[str | None], options: DubOptions, work: StagedProgress,
) -> Iterator[np.ndarray]:  # fmt: skip
    """The pictures of the dub; frames that turn out to be covered are added to `kept`."""
    from mien.video.label import draw_label

    shot, renderer = -1, None
    for number, source, pixels in _with_pictures(footage, sources):
        work("dubbing", number / len(sources))
        if kept[number] is None:
            if renderer is None or shot != track.shot[source]:
                shot = int(track.shot[source])
                renderer = actor.renderers(shot, sources, mouth)
            shape = actor.space.moved(actor.shapes.shapes[source], mouth[number] - actor.mouth[source])
            made = renderer.renderer.render(pixels, int(source), shape, int(renderer.reference[number]))
            if made is None:
                kept[number] = COVERED
            else:
                pixels = made
        yield draw_label(pixels, "dub") if options.label else pixels


def _with_pictures(footage: Footage, sources: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """(number, source, pixels) of every frame of the dub; the pictures that are shown again at the end are held."""
    jumps = np.flatnonzero(np.diff(sources) != 1)
    again = set(sources[jumps[0] :].tolist()) if len(jumps) else set()
    held: dict[int, np.ndarray] = {}
    number = 0
    for index, picture in enumerate(footage.pictures()):
        if index in again:
            held[index] = picture.pixels
        if number < len(sources) and sources[number] == index:
            yield number, index, picture.pixels
            number += 1
    for later in range(number, len(sources)):
        yield later, int(sources[later]), held[int(sources[later])]


def _stretches(kept: list[str | None], seconds: np.ndarray, frame: float) -> tuple[tuple[float, float, str], ...]:
    found = []
    for why in dict.fromkeys(why for why in kept if why is not None):
        for begin, end in runs(np.array([each == why for each in kept])):
            found.append((round(float(seconds[begin]), 3), round(float(seconds[end - 1]) + frame, 3), why))
    return tuple(sorted(found))
