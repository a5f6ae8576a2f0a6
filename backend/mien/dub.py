# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: a film and another voice become the film of the same person saying the other words."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.engines import check_film
from mien.engines.base import Progress, no_progress
from mien.engines.personatalk import DubError
from mien.engines.personatalk.options import CLIP, DubOptions
from mien.engines.staged_progress import StagedProgress

if TYPE_CHECKING:
    from mien.audio.speech import Speech
    from mien.direction import Direction
    from mien.engines.personatalk.face_shapes import FaceShapes
    from mien.engines.personatalk.film.dubbed_pictures import DubbedPictures
    from mien.engines.personatalk.film.film_plan import FilmPlan
    from mien.engines.personatalk.film.shots import ShotRenderers
    from mien.engines.personatalk.film.unfinished_dub import UnfinishedDub
    from mien.engines.personatalk.learnt_speaker import LearntSpeaker, OwnSound
    from mien.engines.personatalk.mouth_space import MouthSpace
    from mien.engines.personatalk.voice_motion import VoiceMotion
    from mien.face_tracking.track import FaceTrack
    from mien.video.footage import Footage
    from mien.video.provenance import Provenance

STAGES = {"tracking": 0.25, "analysing speech": 0.15, "references": 0.15, "dubbing": 0.45}  # shares of the work
SOUND_LIMIT_S = 6 * 3600.0  # of the film's own sound that is read
LEARN_S = 60.0  # of the film's own sound that is listened to
OFFSET_S = 1.0  # by which that sound may be late, and more
MUTE = 1.0  # s after the end of the new sound, from which it is said
LOOP_BYTES = 400e6  # of pictures that are held for running backwards


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
    """The film `video` with the words of `voice`, written to `output`, whole or not at all. A killed one goes on.

    `progress(fraction, stage)` may raise Cancelled, as `cancelled()` asks for it; both are called for every picture.
    Raises DubError, VideoError, SpeechError, TrackingError, EngineError or DirectionError in words; ConsentMissing
    where nobody said that the person agreed.
    """
    # here, as the service reads the options alone
    from mien.audio.speech import read_speech
    from mien.engines.personatalk.film.unfinished_dub import unfinished_dub
    from mien.engines.personatalk.film.writer import check_suffix
    from mien.settings import Settings
    from mien.video.provenance import provenance_of

    options = options or DubOptions()
    check_suffix(output, options)
    check_film(options.engine, options.direction)
    footage, speech = _part_of(video, options), read_speech(voice)  # what is no film or sound is refused at once
    names = {"video": video, "voice": voice}
    provenance = provenance_of("dub", names, f"personatalk with {options.engine}", options.direction.seed)
    work = StagedProgress(STAGES, progress, cancelled, "The dub was stopped; nothing is written.")
    data_folder = Settings.read().data_folder
    with unfinished_dub(data_folder, _key(provenance, options, data_folder)) as unfinished:
        planned = plan_dub(video, footage, speech, options, work, unfinished.track)
        film = _film_plan(planned, video, voice, speech, provenance)
        resumed = _draw(planned, film, options, unfinished, work)
        notes = (*planned.notes(), *_of_the_voice(speech, planned, options))
        notes = _write(output, planned, film, options, unfinished, provenance, notes)
        work("dubbing", 1.0)
    if resumed:
        seconds = resumed * planned.frame
        notes += (f"{seconds:.1f} s of it were made before the work was ended, and were not drawn again.",)
    return DubReport(
        output=str(output),
        frames=len(planned.sources),
        dubbed=sum(why is None for why in planned.kept),
        kept=planned.stretches_kept,
        sound_late=planned.actor.sound_late,
        notes=notes,
        seconds=work.seconds,
    )


def _key(provenance: Provenance, options: DubOptions, data_folder: Path) -> str:
    """sha256 over all that the pictures of a dub depend on, as the files' contents, the options, code and networks."""
    from mien.face_tracking.bundle import load_bundle
    from mien.take_request import code_digest, learnt_digests, own_models

    parts = {
        "files": [each.sha256 for each in provenance.inputs],
        "options": options.to_json(),
        "code": code_digest(),
        "networks": load_bundle().sha256,
        "own": own_models(data_folder),
        "learnt": learnt_digests(options.direction, data_folder),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def plan_dub(
    video: Path, footage: Footage, speech: Speech, options: DubOptions, work: StagedProgress,
    remember: Callable[[Callable[[], FaceTrack]], FaceTrack] = lambda track: track(),
) -> PlannedDub:  # fmt: skip
    """What the dub of `footage`, of the file `video`, with the words of `speech` will show. `remember` may know the
    track that it is given the making of. What tracking, learning and performing raise."""
    from mien.engines.personatalk.film.kept_pictures import kept_pictures
    from mien.engines.personatalk.lip_motion import own_rest, plan_mouth, unhurried_mouth, with_posture

    length = speech.duration if options.preview is None else min(speech.duration, options.preview)
    footage, track = _tracked(footage, length, options, work, remember)
    actor = _learn(video, footage, track, options, work)
    sources, times = _timeline(track, length, actor.shapes, options)
    voice = _motion(speech, options.direction, options.engine, work, "analysing speech", 0.5)

    who, lip_map = actor.who, actor.who.style.lip_map if actor.who.style else None
    seconds, frame = np.array([float(second) for second in times]), float(1 / track.rate)
    mouth = plan_mouth(voice, seconds, frame, who.speaker, lip_map, options)
    pause = None
    if options.keep_pauses:
        pause = own_rest((actor.mouth - who.posture)[sources], mouth, who.speaker, voice, seconds)
    mouth = with_posture(mouth, who.posture[sources], who.speaker)
    mouth = unhurried_mouth(mouth, track.shot[sources], who.speaker)
    kept = kept_pictures(actor.shapes, sources, pause, frame)
    return PlannedDub(footage, track, actor, voice, sources, times, mouth, kept)


def _tracked(
    footage: Footage, length: Fraction, options: DubOptions, work: StagedProgress,
    remember: Callable[[Callable[[], FaceTrack]], FaceTrack],
) -> tuple[Footage, FaceTrack]:  # fmt: skip
    """The footage, or what of it a preview needs, and its track. DubRefused where the new sound of `length` s is longer
    and nobody chose what is shown then."""
    from mien.engines.personatalk.film.preview import tracked_preview
    from mien.engines.personatalk.film.timeline import refuse_longer
    from mien.face_tracking.tracker import track_face

    if footage.length is not None:
        refuse_longer(footage.length, length, options.when_longer)
    found = tracked_preview(footage, options, work.of("tracking"))
    return found or (footage, remember(lambda: track_face(footage, options.face, progress=work.of("tracking"))))


def _timeline(
    track: FaceTrack, length: Fraction, shapes: FaceShapes, options: DubOptions
) -> tuple[np.ndarray, list[Fraction]]:
    """Of K pictures under `length` s of the new sound: the film's picture under each (K,), and its exact seconds."""
    from mien.engines.personatalk.film.timeline import timeline

    loop = int(LOOP_BYTES / (3 * track.width * track.height))
    sources = timeline(track.frames, track.rate, length, options.when_longer, shapes.pose, loop)
    if options.preview is not None:
        sources = sources[: math.ceil(options.preview * track.rate)]
    beyond = (track.times[-1] + (i + 1) / track.rate for i in range(len(sources) - track.frames))
    return sources, [*track.times, *beyond][: len(sources)]


def _film_plan(planned: PlannedDub, video: Path, voice: Path, speech: Speech, provenance: Provenance) -> FilmPlan:
    from mien.engines.personatalk.film.film_plan import FilmPlan
    from mien.video.reader import clock_begin

    track, tags = planned.track, provenance.tags()
    begin = track.start + clock_begin(video)
    return FilmPlan(planned.times, track.rate, track.steady, video, begin, voice, tags, speech.reading.track)


def _draw(
    planned: PlannedDub, plan: FilmPlan, options: DubOptions, unfinished: UnfinishedDub, work: StagedProgress
) -> int:
    """Draw and encode the parts that are not there yet; returns how many pictures were. Pictures that are covered are
    added to those that are kept."""
    from mien.engines.personatalk.film.colours import Colours
    from mien.engines.personatalk.film.kept_pictures import COVERED
    from mien.engines.personatalk.film.part_encoder import PartEncoder
    from mien.nn.one_thread import one_thread

    kept = planned.kept
    wanted = np.ones(len(kept), bool)
    for part in plan.parts:
        covered = unfinished.covered(part)
        if covered is not None:
            wanted[part.start : part.stop] = False
            for number in covered:
                kept[number] = COVERED
    encoder = PartEncoder(plan, options.codec, Colours.of(plan.source), options.preview is not None)
    with one_thread():
        drawn = planned.pictures(options.label)(kept, wanted, lambda number: work("dubbing", number / len(kept)))
        for part in plan.parts:
            if wanted[part.start]:
                ours = (pixels for _, pixels in itertools.islice(drawn, len(part)))
                unfinished.write(part, ours, encoder, lambda part=part: [n for n in part if kept[n] == COVERED])
    return int((~wanted).sum())


def _write(
    output: Path, planned: PlannedDub, plan: FilmPlan, options: DubOptions, unfinished: UnfinishedDub,
    provenance: Provenance, notes: tuple[str, ...],
) -> tuple[str, ...]:  # fmt: skip
    """Join the parts to the film, signed, with what is said of it; returns the notes with those of writing."""
    from mien.engines.personatalk.film.writer import write_dub
    from mien.files.atomic import atomic_path
    from mien.video.provenance import sign

    with atomic_path(output) as part:
        notes = (*notes, *write_dub(part, map(unfinished.path, plan.parts), plan, options.codec == "lossless"))
        kept = (f"As it was from {begin:.2f} s to {end:.2f} s: {why}." for begin, end, why in planned.stretches_kept)
        sign(part, replace(provenance, notes=(*kept, *notes)), output.name)
    return notes


def _of_the_voice(speech: Speech, planned: PlannedDub, options: DubOptions) -> tuple[str, ...]:
    """What the sound lacks that an editor may not expect: speech, or the length of the film."""
    silent = sum(end - begin for begin, end in planned.voice.silent)
    if silent >= 0.95 * planned.voice.seconds:
        return ("Nothing was heard as speech in the new sound, so the mouth rests.",)
    rest = float(planned.track.length - speech.duration)
    if options.preview is None and rest > MUTE:
        return (f"The new sound ends {rest:.1f} s before the film: from there on the mouth is shut.",)
    return ()


@dataclass(frozen=True, eq=False)
class Actor:
    """The person of the film, and how they move the mouth (N, 12) in its frames. notes: sentences for the user."""

    shapes: FaceShapes
    space: MouthSpace
    mouth: np.ndarray
    who: LearntSpeaker
    renderers: ShotRenderers
    notes: tuple[str, ...]

    @property
    def sound_late(self) -> float | None:
        """Seconds by which the film's own sound is late against its lips; None where it was not found."""
        style = self.who.style
        return style.offset.late if style is not None and style.offset.found else None


@dataclass(frozen=True, eq=False)
class PlannedDub:
    """What the K pictures of a dub show, before one is drawn.

    voice: how the new sound moves a mouth; sources (K,): the film's picture under each; times: K exact seconds; mouth
    (K, 12); kept: why each keeps its own pixels, None where it does not; pictures that turn out to be covered are added
    while they are drawn.
    """

    footage: Footage
    track: FaceTrack
    actor: Actor
    voice: VoiceMotion
    sources: np.ndarray
    times: list[Fraction]
    mouth: np.ndarray
    kept: list[str | None]

    @property
    def frame(self) -> float:
        """Seconds of a picture."""
        return float(1 / self.track.rate)

    @property
    def stretches_kept(self) -> tuple[tuple[float, float, str], ...]:
        from mien.engines.personatalk.film.kept_pictures import stretches_kept, why_kept

        why = why_kept(self.kept, self.actor.shapes, self.sources)
        return stretches_kept(why, np.array([float(second) for second in self.times]), self.frame)

    def pictures(self, labelled: bool) -> DubbedPictures:
        from mien.engines.personatalk.film.dubbed_pictures import DubbedPictures

        who = self.actor
        return DubbedPictures(
            self.footage, who.shapes, who.space, who.renderers, self.track.shot, self.sources, who.mouth, self.mouth,
            labelled,
        )  # fmt: skip

    def notes(self) -> tuple[str, ...]:
        style = self.actor.who.style
        return (*self.footage.notes, *(style.notes if style is not None else self.actor.notes))


def _part_of(video: Path, options: DubOptions) -> Footage:
    from mien.video.excerpt import excerpt
    from mien.video.reader import open_footage

    footage = open_footage(video)
    if footage.still:
        raise DubError(f"{video.name!r} is a photo; mien portrait makes photos speak. Name a film.")
    return excerpt(footage, options.begin, options.end) if options.begin or options.end is not None else footage


def _learn(video: Path, footage: Footage, track: FaceTrack, options: DubOptions, work: StagedProgress) -> Actor:
    """Shape, mouth and style of the person in the track."""
    from mien.engines.personatalk.face_shapes import face_shapes
    from mien.engines.personatalk.film.shots import ShotRenderers
    from mien.engines.personatalk.learnt_speaker import learn_speaker
    from mien.engines.personatalk.lip_contact import touching
    from mien.engines.personatalk.lip_turns import turning
    from mien.engines.personatalk.mouth_space import mouth_space
    from mien.engines.personatalk.posture import posture_predictors
    from mien.engines.personatalk.references.choice import is_profile
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
    sound, notes = None, ()
    if options.manner == CLIP:
        sound, notes = _own_sound(video, footage, learnt, seconds, track, options, work)
    predictors = posture_predictors(shapes, track.shot, learnt, float(1 / track.rate))
    who = learn_speaker(space, mouth, predictors, learnt, sound)
    who = replace(who, speaker=turning(touching(who.speaker, mouth[learnt]), mouth, learnt, track.shot))
    template = face_template(shapes, learnt)
    renderers = ShotRenderers(footage, shapes, track.shot, learnt, space, template, work.of("references"))
    return Actor(shapes, space, mouth, who, renderers, notes)


def _own_sound(
    video: Path, footage: Footage, learnt: np.ndarray, seconds: np.ndarray, track: FaceTrack, options: DubOptions,
    work: StagedProgress,
) -> tuple[OwnSound | None, tuple[str, ...]]:  # fmt: skip
    from mien.audio.speech import RATE, Speech, SpeechError, read_speech
    from mien.engines.personatalk.learnt_speaker import OwnSound

    plain = "the mouth opens as the engine has it."
    if not footage.has_sound:
        return None, (f"The film has no sound to learn the speaker's style from: {plain}",)
    try:
        own = read_speech(video, limit_s=SOUND_LIMIT_S)
    except SpeechError as error:
        return None, (f"The film's own sound cannot be read ({error}): {plain}",)
    begin = float(seconds[np.flatnonzero(learnt)[0]])
    first = max(0, round((begin - 1) * RATE))
    length = min(LEARN_S, float(seconds[-1]) + OFFSET_S - first / RATE)  # a preview has seen a part of the film
    sample = Speech.from_samples(own.samples[first : first + round(length * RATE)], own.name)
    direction = replace(options.direction, emotion={}, transcript="", held={}, face={})
    motion = _motion(sample, direction, options.engine, work, "analysing speech", 0.0)
    times = seconds - first / RATE
    return OwnSound(motion, times, float(1 / track.rate), times < float(sample.duration)), ()


def _motion(
    speech: Speech, direction: Direction, engine: str, work: StagedProgress, stage: str, begin: float
) -> VoiceMotion:
    from mien.engines.personatalk.voice_motion import voice_motion
    from mien.heads.default import load_head
    from mien.speak import speak
    from mien.speech_analysis.prosody import analyse_prosody
    from mien.speech_analysis.recogniser import recognise_phones
    from mien.speech_analysis.track import RATE

    take = speak(speech, direction, engine, Fraction(RATE), work.of(stage, begin, 0.5))
    return voice_motion(take, recognise_phones(speech, direction.transcript), analyse_prosody(speech), load_head())
