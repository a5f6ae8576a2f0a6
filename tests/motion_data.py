# SPDX-License-Identifier: GPL-3.0-or-later
"""Small corpora and motion for the tests of training."""

import dataclasses
from pathlib import Path

import numpy as np
from mien.direction import Direction
from mien.engines.neural import audio_features
from mien.engines.neural.style_features import emotions_of
from mien.training.emodiffhead.dataset import Felt
from mien.training.motion_corpus import STYLES, Performed
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.utterance import RATE, Utterance, Voice


def corpus(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("kal16", "awb"):  # awb's voice is held out
        phones = tuple((sound, 0.5 + i / 2, 1.0 + i / 2) for i, sound in enumerate("mapɪbusi"))
        samples = rng.uniform(-0.3, 0.3, 6 * RATE).astype(np.float32)
        write_unit(folder / "flite", f"{name}-en-000", 0, [Utterance(Voice("flite", name, "en"), "x", samples, phones)])
    return folder


def unit(number: int, frames: int) -> Performed:
    """Of two performances: number + frame / 1024 in all numbers, negative in the second."""
    at = number + np.arange(frames)[:, None] / 1024 + np.zeros((1, 57))
    emotion = np.zeros((2, frames, 8), np.float16)
    emotion[0, :, 1] = emotion[1, :, 2] = 1
    style = np.array([0, 3], np.int32)
    directions = tuple(Direction(style=STYLES[each]) for each in style)
    motion = np.stack([at, -at]).astype(np.float16)
    return Performed(f"a/{number}", "", False, motion, emotion, style, np.zeros(frames, bool), directions)


HAPPY = Direction.from_json({"emotion": {"happy": [[0.9, 0.0], [0.94, 1.0]]}})


def emotional():
    """Happy from 0.94 s on; the life of the face is all 1."""
    made = unit(1, 160)
    emotion = np.tile(emotions_of(HAPPY, np.arange(160) / 25), (2, 1, 1)).astype(np.float16)
    return dataclasses.replace(made, name="a/1", emotion=emotion, directions=(HAPPY, HAPPY),
                               motion=np.ones((2, 160, 57), np.float16))  # fmt: skip


def felt(plain: bool = True) -> Felt:
    sound = np.zeros((4, 160, audio_features.SIZE), np.float16)
    sound[..., 0] = sound[..., 43] = 1  # silence, in both parts of a frame
    sound += np.arange(4, dtype=np.float16)[:, None, None] * (np.arange(audio_features.SIZE) == 90)
    return Felt([emotional()], [free()] if plain else [], {"a/1": sound})


def free():
    made = unit(1, 160)
    emotion = np.zeros((2, 160, 8), np.float16)
    emotion[..., 0] = 1
    return dataclasses.replace(made, name="a/1", emotion=emotion, motion=np.zeros((2, 160, 57), np.float16))
