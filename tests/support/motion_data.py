# SPDX-License-Identifier: GPL-3.0-or-later
"""Small corpora and motion for the tests of training."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from mien.direction import Direction
from mien.engines.neural import audio_features
from mien.engines.neural.style_features import emotions_of
from mien.training.emodiffhead import train as emodiffhead_training
from mien.training.emodiffhead.dataset import ExpressionDataset
from mien.training.motion_corpus import STYLES, MotionUnit
from mien.training.probtalk3d import train_code_predictor, train_codec
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.utterance import RATE, Utterance, Voice


def corpus(folder: Path) -> Path:
    """Write a speech corpus of two voices, one of them held out, of noise of 6 s each; returns the folder."""
    rng = np.random.default_rng(0)
    for name in ("kal16", "awb"):  # awb's voice is held out
        phones = tuple((sound, 0.5 + i / 2, 1.0 + i / 2) for i, sound in enumerate("mapɪbusi"))
        samples = rng.uniform(-0.3, 0.3, 6 * RATE).astype(np.float32)
        write_unit(folder / "flite", f"{name}-en-000", 0, [Utterance(Voice("flite", name, "en"), "x", samples, phones)])
    return folder


@contextmanager
def small_batches() -> Iterator[None]:
    """Trainings of engines take two clips of 1.6 s a step: all that a test of their commands needs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (train_codec, train_code_predictor, emodiffhead_training):
            patch.setattr(module, "CONFIG", dataclasses.replace(module.CONFIG, batch=2, seconds=1.6))
        yield


def unit(number: int, frames: int) -> MotionUnit:
    """Two performances: number + frame / 1024 in all numbers, negative in the second."""
    values = number + np.arange(frames)[:, None] / 1024 + np.zeros((1, 57))
    emotion = np.zeros((2, frames, 8), np.float16)
    emotion[0, :, 1] = emotion[1, :, 2] = 1
    style = np.array([0, 3], np.int32)
    directions = tuple(Direction(style=STYLES[number]) for number in style)
    motion = np.stack([values, -values]).astype(np.float16)
    return MotionUnit(f"a/{number}", "", False, motion, emotion, style, np.zeros(frames, bool), directions)


HAPPY = Direction.from_json({"emotion": {"happy": [[0.9, 0.0], [0.94, 1.0]]}})


def emotional() -> MotionUnit:
    """Happy from 0.94 s on; all numbers are 1."""
    emotion = np.tile(emotions_of(HAPPY, np.arange(160) / 25), (2, 1, 1)).astype(np.float16)
    return dataclasses.replace(
        unit(1, 160), name="a/1", emotion=emotion, directions=(HAPPY, HAPPY), motion=np.ones((2, 160, 57), np.float16)
    )


def expression_dataset(emotion_free: bool = True) -> ExpressionDataset:
    """One unit of each kind, with four variants of audio features that differ in number 90."""
    sound = np.zeros((4, 160, audio_features.SIZE), np.float16)
    sound[..., 0] = sound[..., 43] = 1  # silence, in both parts of a frame
    sound += np.arange(4, dtype=np.float16)[:, None, None] * (np.arange(audio_features.SIZE) == 90)
    return ExpressionDataset([emotional()], [neutral()] if emotion_free else [], {"a/1": sound})


def neutral() -> MotionUnit:
    """Without emotion; all numbers are 0."""
    emotion = np.zeros((2, 160, 8), np.float16)
    emotion[..., 0] = 1
    return dataclasses.replace(unit(1, 160), name="a/1", emotion=emotion, motion=np.zeros((2, 160, 57), np.float16))
