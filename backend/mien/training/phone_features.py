# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio features of the speech corpus, kept in files beside the performances: of the clean sound, of degraded copies of
it, and of its true phones.

The phone recogniser was trained on that very speech and is too sure of it; on degraded sound it errs as it does on new
voices. The true phones stand for a transcript.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.batch.process_pool import map_unordered
from mien.engines.base import EngineError
from mien.engines.neural import audio_features
from mien.engines.neural.motion_space import FPS
from mien.files.atomic import write_whole
from mien.files.safetensors import read_tensors, write_tensors
from mien.numeric.random_streams import stream
from mien.speech_analysis.network.inference import WEIGHTS, recognise
from mien.speech_analysis.prosody import analyse_prosody
from mien.training.motion_corpus import track_of
from mien.training.speech_corpus.augmentation.degrade import degrade
from mien.training.speech_corpus.store import Unit, read_units

DEGRADED = 2  # degraded copies of each unit
TENSOR, RECOGNISER = "heard", "ear_sha256"  # names in the file: the features, the digest of the recogniser's weights


def extract_features(corpus: Path, motion: Path, seed: int, jobs: int, progress: Callable[[float, str], None]) -> None:
    """Write the features of all units of the speech corpus into the folder `motion`, but those that are there already
    and were made with the same recogniser."""
    units = list(read_units(corpus))
    sha256 = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    missing = [unit for unit in units if not _is_current(_file(motion, unit.key), sha256)]
    work = functools.partial(extract_unit, motion, seed, sha256)
    for i, unit in enumerate(map_unordered(jobs, work, missing), len(units) - len(missing) + 1):
        progress(i / len(units), unit.key)


def extract_unit(motion: Path, seed: int, sha256: str, unit: Unit) -> None:
    """Write the features of one unit, (variants, F, audio_features.SIZE) float16: of the true phones, of the clean
    sound, of DEGRADED degraded copies. `sha256` is that of the recogniser's weights."""
    speech = Speech.from_samples(unit.samples() / 32768, unit.name)
    frames = max(1, -(-len(speech.samples) * FPS // RATE))
    rng = stream(seed, f"heard {unit.key}")
    prosody = analyse_prosody(speech)
    variants = [
        audio_features.audio_features(track_of(unit, speech), prosody, frames),
        audio_features.audio_features(recognise(speech), prosody, frames),
    ]
    for _ in range(DEGRADED):
        bad = Speech.from_samples(degrade(speech.samples, rng), unit.name)
        variants.append(audio_features.audio_features(recognise(bad), analyse_prosody(bad), frames))
    write_whole(
        _file(motion, unit.key), write_tensors({TENSOR: np.stack(variants).astype(np.float16)}, {RECOGNISER: sha256})
    )


def read_features(motion: Path, name: str) -> np.ndarray:
    """(variants, F, audio_features.SIZE) float16 of the unit engine/name. EngineError where there are none."""
    path = _file(motion, name)
    if not path.exists():
        raise EngineError(f"{name} was performed but not heard; run `mien train performer` with the speech corpus.")
    return read_tensors(path)[0][TENSOR]


def _is_current(path: Path, sha256: str) -> bool:
    return path.exists() and read_tensors(path)[1].get(RECOGNISER) == sha256


def _file(motion: Path, name: str) -> Path:
    return motion / "heard" / f"{name}.safetensors"
