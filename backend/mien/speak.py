# SPDX-License-Identifier: GPL-3.0-or-later
"""The main path: a voice and a direction become a take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from mien import engines
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines import Progress, no_progress
from mien.engines.analysis import SharedAnalysis
from mien.engines.articulation.lips.model import model_digest
from mien.engines.articulation.persona import persona_digest
from mien.engines.neural.held_keys import enforced
from mien.heads.default import Head, load_head
from mien.heads.flame import Flame
from mien.heads.lookup import head_named
from mien.heads.retarget import retargeter
from mien.performance import Performance
from mien.settings import Settings
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.report import speech_seconds, warnings_of
from mien.speech_analysis.track import PhoneTrack
from mien.tagged import Tagged, follow_tags
from mien.take import Take, parse_fps
from mien.tongue.layer import with_tongue

STYLE_ALONE = (
    "On FLAME the persona {!r} is a style: how far jaw, lips, brows and head move, blinks, gaze and resting face. How "
    "its lips differ from people's at single phones is not in this take; it is in takes of the default head."
)


def speak(
    speech: Speech,
    direction: Direction,
    engine: str = engines.DEFAULT,
    fps: Fraction | int | str | None = None,
    progress: Progress = no_progress,
    head: Head | Flame | None = None,
) -> Take:
    """A take of `speech` by `engine` as `direction` asks; at `fps`, or at the engine's own rate when None; on `head`,
    or on the default one when None.

    The take's metadata says all that made it, and under `warnings` what a user has to know of the sound, as a JSON list
    of sentences. The same request gives the same bytes.
    Raises DirectionError for what this engine cannot show, EngineError, TakeError, HeadError where the engine moves
    another head and its motion cannot be retargeted; Cancelled when `progress` does.
    """
    return next(speak_takes(speech, direction, [direction.seed], engine, fps, progress, head))


def speak_takes(
    speech: Speech,
    direction: Direction,
    seeds: Sequence[int],
    engine: str = engines.DEFAULT,
    fps: Fraction | int | str | None = None,
    progress: Progress = no_progress,
    head: Head | Flame | None = None,
    performance: Performance | None = None,
) -> Iterator[Take]:
    """The take of each seed, as `speak` gives it; the sound is analysed once for all. Errors as those of `speak`.

    performance: a part of it replaces that of every take; keys that the direction holds stay. PerformanceError."""
    rate = None if fps is None else parse_fps(fps)
    info = engines.info_of(engine)
    tagged = follow_tags(direction, speech, lambda done: progress(0.0, "analysing speech"))
    directed = tagged.direction
    engines.check(directed, info)
    maker = info.create()
    maker.load("auto")
    posed = posed_head(info, head)
    retargeted = retargeter(head or load_head(), posed)
    report: dict[str, str] = {}
    gesture = _gestures_of(speech, directed) if directed.gestures > 0 else None
    tongue = _tongue_of(speech, directed) if isinstance(maker, SharedAnalysis) or isinstance(posed, Flame) else None
    for seed, take in zip(seeds, maker.takes(speech, directed, seeds, progress, posed), strict=True):
        # after the first take the recogniser has its track at hand
        report = report or _report(speech, tagged, isinstance(maker, SharedAnalysis), posed)
        metadata = {**report, **_provenance(take, info, speech, direction.with_seed(seed))}
        take = retargeted(tagged.perform(replace(take, meta=metadata)))
        if rate is not None:
            take = take.resample(rate)
        if performance is not None:
            take = performance.onto(take, speech, directed.transcript)
        if gesture is not None:
            take = gesture(take, seed)
        take = take if rate is None else enforced(take, direction)
        yield take if tongue is None else tongue(take)


def _tongue_of(speech: Speech, direction: Direction) -> Callable[[Take], Take]:
    """What gives a take of the default head's channels its tongue; any other take stays as it is."""

    def tongue(take: Take) -> Take:
        if take.channels != load_head().channels:
            return take
        return with_tongue(take, recognise_phones(speech, direction.transcript), direction, load_head())

    return tongue


def _gestures_of(speech: Speech, direction: Direction) -> Callable[[Take, int], Take]:
    """What gives a take the gestures of a seed; the sound is analysed once for all."""
    from mien.engines.diffted.gestures import with_gestures  # a quarter of a second, for takes without a body, too

    track, prosody = recognise_phones(speech, direction.transcript), analyse_prosody(speech)
    return lambda take, seed: with_gestures(take, track, prosody, direction.with_seed(seed))


def _report(speech: Speech, tagged: Tagged, shares_phones: bool, posed: Head | Flame) -> dict[str, str]:
    """The take's metadata on its sound: `sound` and, where there are any, `warnings`, as JSON."""
    direction = tagged.direction
    track = recognise_phones(speech, direction.transcript) if shares_phones else None
    reading, sentences = speech.reading, [*warnings_of(speech, track), *tagged.notes]
    if direction.persona and isinstance(posed, Flame):
        sentences = [*sentences, STYLE_ALONE.format(direction.persona)]
    sound = {
        "loudness": reading.loudness,
        "gain_db": round(reading.gain_db, 1),
        "track": reading.track,
        "tracks": reading.tracks,
        "speech_seconds": round(speech_seconds(speech, track), 2),
    }
    found = {"sound": json.dumps(sound, sort_keys=True), **_speech_on_the_timeline(track)}
    return found | {"warnings": json.dumps(sentences, ensure_ascii=False)} if sentences else found


def _speech_on_the_timeline(track: PhoneTrack | None) -> dict[str, str]:
    """JSON of the take's metadata: `phones` that are said and `words` of the transcript, where there are any, each as
    [text, second, second]."""
    if track is None:
        return {}
    phones = [[each.phone, *each.seconds] for each in track.segments if each.phone != "SIL"]
    words = [[word.text, word.begin, word.end] for word in track.words]
    found = {"phones": phones, "words": words}
    return {name: json.dumps(entries, ensure_ascii=False) for name, entries in found.items() if entries}


def posed_head(info: engines.EngineInfo, target: Head | Flame | None) -> Head | Flame:
    """The head that the engine poses when takes of `target` are asked for: `target` itself where it is a FLAME that the
    engine poses by FLAME's own parameters, else the engine's own head. HeadError where that is not here."""
    if isinstance(target, Flame) and (info.head == "flame" or info.poses_flame(target)):
        return target
    return head_named(info.head, Settings.read().data_folder)


def _provenance(take: Take, info: engines.EngineInfo, speech: Speech, direction: Direction) -> dict[str, str]:
    lips, persona, own = direction.lips_model, direction.persona, {}
    folder = Settings.read().data_folder if lips or persona else None
    if folder and lips:
        own |= {"lips_model": lips, "lips_model_sha256": model_digest(lips, folder)}
    if folder and persona:
        own |= {"persona": persona, "persona_sha256": persona_digest(persona, folder)}
    return {
        **own,
        **load_head().take_meta,
        "licence": info.licence,
        **take.meta,  # a take of another head says so, and under which licence it is
        "engine": info.name,
        "engine_version": info.version,
        "seed": str(direction.seed),
        "direction": direction.to_json(),
        "audio_sha256": speech.sha256,
    }
