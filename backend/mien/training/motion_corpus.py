# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion corpus: every unit of a speech corpus performed several times by the rules of the `articulation` engine,
each time in another style, with other emotions and from another seed.

The rules act on the true phones of the corpus, so a network that learns from it is not taught the errors of the phone
recogniser. The same seed gives the same files, whatever the number of processes and however often it was stopped.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech
from mien.batch.process_pool import map_unordered
from mien.channels import ARKIT
from mien.direction import EMOTIONS, LEVELS, Direction, strength
from mien.engines.articulation import animate, phone_table, style_names, styles
from mien.engines.articulation.constraints import holds
from mien.engines.articulation.emotion.swell import swell_at
from mien.engines.articulation.engine import Articulation
from mien.engines.neural.motion_space import FPS, motion_of
from mien.engines.neural.style_features import emotions_of
from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.numeric.random_streams import stream
from mien.speech_analysis.inventory import BILABIAL, LABIODENTAL, NUMBER, SIL, folding
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.track import RATE as FRAMES
from mien.speech_analysis.track import PhoneTrack, segments_of
from mien.take import Take, frame_times
from mien.training.speech_corpus.build import HELD_OUT
from mien.training.speech_corpus.store import Unit, read_units
from mien.training.speech_corpus.utterance import RATE, CorpusError, labels_of

FORMAT, VERSION = "mien.motion", "1"
MOTION_CHANNELS = (*ARKIT, "pitch", "yaw", "roll", "gaze pitch", "gaze yaw")
STYLES = tuple(styles.STYLES)
UNKNOWN_SHARE = 0.25  # of the performances of a held-out voice have a held-out style; no others have one
MIXED_SHARE, CHANGING_SHARE = 0.15, 0.15  # of the utterances: two emotions at once; from one to another
TRANSITION = 0.4  # seconds from the emotion of an utterance to that of the next: as long as an emotion takes to rise
GAIN_SHARE, GAIN_RANGE = 0.2, (0.6, 1.5)  # of the performances have random gains of jaw and lips, in this range


@dataclass(frozen=True, eq=False)
class MotionUnit:
    """P performances of F frames at 25 a second, all of the sound of one unit of the speech corpus.

    motion (P, F, 57) float16: the 52 channels, head rotation and gaze as in a Take. emotion (P, F, 8) float16: gains of
    EMOTIONS as `Direction.gains` gives them, neutral having what is left of 1. style (P,) int32: indices in STYLES.
    lips_shut (F,) bool: frames in which the lips are shut for a p, b or m, the same in all performances. swell (F,):
    the share of emotions that shows, by the voice alone; None in units of older rules, where all of them showed. name:
    engine/unit in the speech corpus; sha256: of its sound. held_out: of a voice, and some of styles, that no network is
    trained on.
    """

    name: str
    sha256: str
    held_out: bool
    motion: np.ndarray
    emotion: np.ndarray
    style: np.ndarray
    lips_shut: np.ndarray
    directions: tuple[Direction, ...]
    swell: np.ndarray | None = None


def perform(
    corpus: Path, motion: Path, performances: int, seed: int, jobs: int, progress: Callable[[float, str], None]
) -> int:
    """Perform the units of the speech corpus that the folder `motion` lacks; returns how many units there are.

    CorpusError where there is no speech, or where `motion` was performed with other settings.
    """
    units = list(read_units(corpus))
    check_settings(motion, performances, seed)
    missing = [unit for unit in units if not _file(motion, unit).exists()]
    progress(1 - len(missing) / len(units), "")
    work = functools.partial(perform_unit, motion, performances, seed)
    for i, unit in enumerate(map_unordered(jobs, work, missing), len(units) - len(missing) + 1):
        progress(i / len(units), unit.key)
    return len(units)


def read_motion_units(folder: Path) -> Iterator[MotionUnit]:
    """All units that `perform` wrote into a folder, in the order of their names. CorpusError when there are none, where
    a file is damaged, and where it has other styles than the engine."""
    files = sorted(folder.glob("*/*.safetensors"))
    if not files:
        raise CorpusError(f"there are no performances in {folder}; make some with `mien corpus perform CORPUS FOLDER`.")
    for file in files:
        yield read_motion_unit(file)


def read_motion_unit(file: Path) -> MotionUnit:
    """One unit; errors as those of `read_motion_units`."""
    try:
        tensors, meta = read_tensors(file)
    except TensorFileError as error:
        raise CorpusError(f"{error} Delete it and perform the corpus again.") from None
    version, expected = (meta.get("format"), meta.get("format_version")), (FORMAT, VERSION)
    if version != expected:
        raise CorpusError(f"{file} has format and version {version}, expected {expected}; perform the corpus again.")
    if tuple(json.loads(meta["styles"])) != STYLES or tuple(json.loads(meta["channels"])) != MOTION_CHANNELS:
        raise CorpusError(f"{file} was performed in other styles or channels than this Mien has; perform it again.")
    directions = tuple(map(Direction.from_json, json.loads(meta["directions"])))
    shut = tensors.pop("lips_shut").astype(bool)
    held_out = meta["held_out"] == "1"
    return MotionUnit(meta["unit"], meta["audio_sha256"], held_out, **tensors, lips_shut=shut, directions=directions)


def perform_unit(motion: Path, performances: int, seed: int, unit: Unit) -> None:
    """Perform one unit and write its file, whole or not at all."""
    speech = Speech.from_samples(unit.samples() / 32768, unit.name)
    track, prosody = track_of(unit, speech), analyse_prosody(speech)
    directions = [direction_of(unit, seed, number) for number in range(performances)]
    takes = [_perform(track, prosody, direction, speech) for direction in directions]
    times = frame_times(takes[0].frames, takes[0].fps)
    tensors = {
        "motion": np.stack([motion_of(take) for take in takes]).astype(np.float16),
        "emotion": np.stack([emotions_of(direction, times) for direction in directions]).astype(np.float16),
        "style": np.array([STYLES.index(direction.style) for direction in directions], np.int32),
        "lips_shut": lips_shut(track, takes[0]).astype(np.uint8),
        "swell": swell_at(times, track, prosody).astype(np.float16),
    }
    meta = {
        "format": FORMAT,
        "format_version": VERSION,
        "fps": str(FPS),
        "unit": unit.key,
        "language": unit.voice.language,
        "audio_sha256": speech.sha256,
        "held_out": "1" if held_out(unit) else "0",
        "seed": str(seed),
        "engine": Articulation.info.name,
        "engine_version": Articulation.info.version,
        "channels": json.dumps(MOTION_CHANNELS),
        "emotions": json.dumps(EMOTIONS),
        "styles": json.dumps(STYLES),
        "directions": json.dumps([json.loads(direction.to_json()) for direction in directions]),
    }
    write_whole(_file(motion, unit), write_tensors(tensors, meta))


def held_out(unit: Unit) -> bool:
    """Whether this voice is kept from training."""
    return (unit.voice.engine, unit.voice.name) in HELD_OUT


def track_of(unit: Unit, speech: Speech) -> PhoneTrack:
    """The true phones of a unit, each with probability 1. Their edges are hard: with edges of 50 to 130 ms the lips
    move no smoother, measured on four units."""
    frames = max(1, -(-len(speech.samples) * FRAMES // RATE))
    sounds = labels_of(unit.phones, frames)
    posteriors = folding()[sounds]

    def is_any_of(members: tuple[str, ...]) -> np.ndarray:
        return np.isin(sounds, [NUMBER[sound] for sound in members]).astype(np.float32)

    segments = segments_of(posteriors.argmax(1))
    closure, labiodental, voice = is_any_of(BILABIAL), is_any_of(LABIODENTAL), 1 - is_any_of((SIL,))
    return PhoneTrack(posteriors, segments, f"{unit.voice.engine}'s own", closure, labiodental, voice)


def direction_of(unit: Unit, seed: int, number: int) -> Direction:
    """The direction of performance `number` of a unit."""
    rng = stream(seed, f"{unit.key} {number}")
    unknown = rng.random() < UNKNOWN_SHARE
    names = style_names.HELD_OUT if held_out(unit) and unknown else style_names.KNOWN
    direction: dict[str, object] = {"style": names[rng.integers(len(names))], "seed": int(rng.integers(2**31))}
    if rng.random() < GAIN_SHARE:
        direction |= {"jaw": round(rng.uniform(*GAIN_RANGE), 3), "lips": round(rng.uniform(*GAIN_RANGE), 3)}
    return Direction.from_json({**direction, "emotion": emotions_over(unit.ends, rng)})


def emotions_over(ends: tuple[float, ...], rng: np.random.Generator) -> dict[str, list[list[float]]]:
    """Keys [seconds, gain] of each emotion for utterances that end at these seconds: most in one emotion at one of the
    three levels, some in a mix of two, some from one to another."""
    keys: list[tuple[float, dict[str, float]]] = []
    begin = 0.0
    for end in ends:
        kind = rng.random()
        first = _two_emotions(rng) if kind < MIXED_SHARE else _one_emotion(rng)
        last = _one_emotion(rng) if MIXED_SHARE <= kind < MIXED_SHARE + CHANGING_SHARE else first
        edge, length = min(TRANSITION / 2, (end - begin) / 8), end - begin
        moments = (begin + edge, begin + length / 4, begin + 3 * length / 4, end - edge)
        keys += list(zip(moments, (first, first, last, last), strict=True)) if last is not first else [
            (moments[0], first), (moments[3], first)
        ]  # fmt: skip
        begin = end
    named = sorted({name for _, gains in keys for name in gains} - {"neutral"})
    return {name: [[round(at, 3), round(gains.get(name, 0.0), 3)] for at, gains in keys] for name in named}


def lips_shut(track: PhoneTrack, take: Take) -> np.ndarray:
    """(F,) bool: frames of a take of `track`, resampled, in which the lips are shut for a p, b or m."""
    shut = np.zeros(take.frames, bool)
    marks = holds(animate.early(track))
    for mark, seconds in zip(marks, [] if take.mouth_holds is None else take.mouth_holds, strict=True):
        if mark.phone in phone_table.BILABIALS:
            first, last = np.round(seconds * float(take.fps)).astype(int)
            shut[first : last + 1] = True
    return shut


def _perform(track: PhoneTrack, prosody: Prosody, direction: Direction, speech: Speech) -> Take:
    return animate.animate(track, prosody, direction, speech.duration).resample(FPS)


def _level(rng: np.random.Generator) -> float:
    """What one of the three levels shows of a face."""
    return float(strength(list(LEVELS.values())[rng.integers(len(LEVELS))]))


def _one_emotion(rng: np.random.Generator) -> dict[str, float]:
    return {EMOTIONS[rng.integers(len(EMOTIONS))]: _level(rng)}


def _two_emotions(rng: np.random.Generator) -> dict[str, float]:
    level, share = _level(rng), rng.uniform(0.3, 0.7)
    first, second = rng.choice(len(EMOTIONS), 2, replace=False)
    return {EMOTIONS[first]: level * share, EMOTIONS[second]: level * (1 - share)}


def _file(motion: Path, unit: Unit) -> Path:
    return motion / f"{unit.key}.safetensors"


def check_settings(motion: Path, performances: int, seed: int) -> None:
    """Write the settings of the performances beside them; CorpusError where they were made with others."""
    note, version = motion / "motion.json", Articulation.info.version
    settings = {"performances": performances, "seed": seed, "engine_version": version}
    if not note.exists():
        write_whole(note, (json.dumps(settings) + "\n").encode())
    elif (present := json.loads(note.read_text("utf-8"))) != settings:
        words = "{performances} of each unit from seed {seed} by version {engine_version} of the rules"
        raise CorpusError(
            f"the performances in {motion} are {words.format(**present)}; asked for were {words.format(**settings)}. "
            "Name another folder."
        )
