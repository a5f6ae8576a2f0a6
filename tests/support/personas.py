# SPDX-License-Identifier: GPL-3.0-or-later
"""Personas that nobody learnt: a wide, lopsided, lively speaker, and lips that differ from people's at each phone; and
clips of speakers in a style, to learn from."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import numpy as np
from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.engines.articulation.lips.statistics import lip_statistics
from mien.engines.articulation.persona import FOLDER, SUFFIX, LipCorrection, Persona
from mien.engines.articulation.styles import Style
from mien.files.atomic import write_whole
from mien.persona.recording import Recording, recording_of
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import INDEX, PHONES
from mien.take import Take
from voices import voice

LIVELY = Style(
    1.6, 1.4, rounding=1.2, spreading=1.2, mouth_lean=0.12, brow_lean=0.2, resting={"eyeSquint": 0.1}, head=1.4,
    brows=1.5, blinks=1.5, gaze=1.2, nods=1.5, blink_time=1.2, tilt=(2.0, 0.0, -3.0),
)  # fmt: skip


def correction(seed: int = 0, size: float = 1.0) -> LipCorrection:
    """Every phone opens the lips otherwise than people do, on average as much."""
    rng = np.random.default_rng(seed)
    kernel = np.zeros((3, len(PHONES), len(lip_statistics().offsets)))
    kernel[:, :, 2] = size * rng.normal(0, 1, (3, len(PHONES)))
    kernel[:, INDEX["SIL"]] = 0
    return LipCorrection(kernel, np.zeros(3), np.ones(3))


def write_persona(data_folder: Path, name: str, style: Style = LIVELY, lips: LipCorrection | None = None) -> Path:
    """Into the folder that personas are chosen from."""
    path = data_folder / FOLDER / f"{name}{SUFFIX}"
    write_whole(path, Persona(name, style, lips, {"seconds": 61.5, "clips": 3}).to_bytes())
    return path


@functools.cache
def clips() -> tuple[Recording, ...]:
    """Three short clips of two voices in the default style."""
    pieces = [("shipped", 0.0), ("shipped", 5.0), ("english man", 0.0)]
    return tuple(recording_of(f"{name} {begin:g}", *take_of(name, begin)) for name, begin in pieces)


def take_of(name: str, begin: float = 0.0, style: Style | None = None, late: int = 0) -> tuple[Take, Speech]:
    """A take by the rules of 5 s of a voice at 25 frames a second, its face `late` frames late; and the voice."""
    samples = voice(name).samples[round(begin * RATE) : round((begin + 5) * RATE)]
    speech = Speech.from_samples(samples, name)
    take = animate(recognise_phones(speech), analyse_prosody(speech), Direction(seed=3), speech.duration, style=style)
    take = take.resample(25)
    rows = np.maximum(np.arange(take.frames) - late, 0)
    moved = {"weights": take.weights[rows], "head_rotation": take.head_rotation[rows], "gaze": take.gaze[rows]}
    return dataclasses.replace(take, mouth_holds=None, eye_holds=None, **moved), speech


def spoken(style: Style, seed: int = 40) -> list[Recording]:
    """The same clips by a speaker in this style."""
    return [dataclasses.replace(each, motion=each.performed(style, seed + i)) for i, each in enumerate(clips())]
