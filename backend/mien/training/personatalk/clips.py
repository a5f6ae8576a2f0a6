# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips for stage 1: what is heard of a synthesised voice as a dub hears it, and how the rules perform its true phones.

The features are those of the recogniser and of the engine that a dub uses by default, with their errors; the motion is
of the phones that were really said, in several styles.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech
from mien.batch.process_pool import map_unordered
from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.articulation import animate
from mien.engines.personatalk.options import DEFAULT_ENGINE
from mien.engines.personatalk.voice_motion import VoiceMotion, voice_motion
from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.heads.default import load_head
from mien.speak import speak
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import RATE
from mien.training.motion_corpus import direction_of, held_out, track_of
from mien.training.speech_corpus.store import Unit, read_units
from mien.training.speech_corpus.utterance import RATE as SAMPLES
from mien.training.speech_corpus.utterance import CorpusError

FORMAT, VERSION = "mien.personatalk.clip", "1"
SECONDS = 24.0  # of each unit
PERFORMANCES = 6  # of each, in styles of their own
FPS = 50
MOUTH = tuple(name for name in ARKIT if name.startswith(("jaw", "mouth", "cheek")))
SPANS = ("shut", "silent")


@dataclass(frozen=True, eq=False)
class Clip:
    """One voice. voice: what a dub knows of it, at 100 Hz; motion (P, F, C): channels MOUTH of the performances, at
    FPS; phones (T,): the true ones, as indices, at 100 Hz; held_out: of a voice that no network is trained on."""

    name: str
    held_out: bool
    voice: VoiceMotion
    motion: np.ndarray
    phones: np.ndarray


def make_clips(corpus: Path, folder: Path, jobs: int, progress: Callable[[float, str], None]) -> int:
    """A file in `folder` of each unit of the speech corpus, those that are missing; returns how many there are.
    CorpusError where there is no speech."""
    units = list(read_units(corpus))
    missing = [unit for unit in units if not _file(folder, unit).exists()]
    progress(1 - len(missing) / len(units), "")
    work = functools.partial(make_clip, folder)
    for i, unit in enumerate(map_unordered(jobs, work, missing), len(units) - len(missing) + 1):
        progress(i / len(units), unit.key)
    return len(units)


def make_clip(folder: Path, unit: Unit) -> None:
    """The first SECONDS of a unit, written whole or not at all."""
    samples = unit.samples()[: round(SECONDS * SAMPLES)] / 32768
    seconds = len(samples) / SAMPLES
    said = tuple((sound, a, min(b, seconds)) for sound, a, b in unit.phones if a < seconds)
    unit = replace(unit, phones=said, ends=(*(end for end in unit.ends if end < seconds), seconds))
    speech = Speech.from_samples(samples, unit.name)
    found, prosody = recognise_phones(speech), analyse_prosody(speech)
    take = speak(speech, Direction(), DEFAULT_ENGINE, Fraction(RATE))
    voice = voice_motion(take, found, prosody, load_head())
    true = track_of(unit, speech)
    columns = [ARKIT.index(name) for name in MOUTH]
    motion = []
    for number in range(PERFORMANCES):
        performed = animate.animate(true, prosody, direction_of(unit, 0, number), speech.duration)
        weights = performed.resample(Fraction(FPS)).weights
        assert weights is not None  # a performance is of channels
        motion.append(weights[:, columns])
    assert voice.phonetic is not None  # of a voice that was listened to
    tensors = {
        "plain": voice.plain, "channels": voice.channels, "opening": voice.opening, "phonetic": voice.phonetic,
        "motion": np.stack(motion),
    }  # fmt: skip
    halves = {name: np.asarray(values, np.float16) for name, values in tensors.items()}
    spans = {name: np.asarray(getattr(voice, name), np.float32) for name in SPANS}
    phones = {"phones": true.posteriors.argmax(1).astype(np.uint8)}
    meta = {"format": FORMAT, "format_version": VERSION, "unit": unit.key, "held_out": "1" if held_out(unit) else "0"}
    write_whole(_file(folder, unit), write_tensors({**halves, **spans, **phones}, meta))


def read_clips(folder: Path) -> list[Clip]:
    """All clips that `make_clips` wrote. CorpusError where there are none and where a file is damaged."""
    files = sorted(folder.glob("*/*.safetensors"))
    if not files:
        raise CorpusError(
            f"there are no clips in {folder}; `mien train personatalk CORPUS {folder} RUN` makes some of speech."
        )
    return [_read(file) for file in files]


def _read(file: Path) -> Clip:
    try:
        tensors, meta = read_tensors(file)
    except TensorFileError as error:
        raise CorpusError(f"{error} Delete it and make the clips again.") from None
    if (meta.get("format"), meta.get("format_version")) != (FORMAT, VERSION):
        raise CorpusError(f"{file} is no clip of format {VERSION}; delete it and make the clips again.")
    values = {name: tensors[name].astype(float) for name in ("plain", "channels", "opening", *SPANS)}
    voice = VoiceMotion(**values, phonetic=tensors["phonetic"].astype(np.float32))
    return Clip(meta["unit"], meta["held_out"] == "1", voice, tensors["motion"], tensors["phones"])


def _file(folder: Path, unit: Unit) -> Path:
    return folder / f"{unit.key}.safetensors"
