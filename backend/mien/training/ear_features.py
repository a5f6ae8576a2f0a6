# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ear hears of the performed speech, kept in files: as it is, in bad recordings, and as it truly was.

The ear was trained on that very speech and is too sure of it; degraded, it errs there as it does on voices that it
never heard. What truly was said stands for a transcript.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.batch.process_pool import done
from mien.engines.base import EngineError
from mien.engines.neural.audio_features import heard
from mien.engines.neural.motion_space import FPS
from mien.files.safetensors import read_tensors, write_file
from mien.numeric.random_streams import stream
from mien.speech_analysis.network.inference import WEIGHTS, hear
from mien.speech_analysis.prosody import listen_to_prosody
from mien.training.motion_corpus import track_of
from mien.training.speech_corpus.augmentation.degrade import degrade
from mien.training.speech_corpus.store import Unit, read_units

DEGRADED = 2  # bad recordings of each unit


def hear_all(corpus: Path, motion: Path, seed: int, jobs: int, progress: Callable[[float, str], None]) -> None:
    """Write what is missing beside the performances in the folder `motion`; heard anew with every new ear."""
    units = list(read_units(corpus))
    sha256 = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    waiting = [unit for unit in units if not _heard_by(_file(motion, unit.key), sha256)]
    work = functools.partial(hear_unit, motion, seed, sha256)
    for i, unit in enumerate(done(jobs, work, waiting), len(units) - len(waiting) + 1):
        progress(i / len(units), unit.key)


def hear_unit(motion: Path, seed: int, sha256: str, unit: Unit) -> None:
    """Write one unit's file, whole or not at all: heard (ways, F, heard.SIZE) float16."""
    speech = Speech.from_samples(unit.samples() / 32768, unit.name)
    frames = max(1, -(-len(speech.samples) * FPS // RATE))
    rng = stream(seed, f"heard {unit.key}")
    prosody = listen_to_prosody(speech)
    ways = [heard(track_of(unit, speech), prosody, frames), heard(hear(speech), prosody, frames)]
    for _ in range(DEGRADED):
        bad = Speech.from_samples(degrade(speech.samples, rng), unit.name)
        ways.append(heard(hear(bad), listen_to_prosody(bad), frames))
    write_file(_file(motion, unit.key), {"heard": np.stack(ways).astype(np.float16)}, {"ear_sha256": sha256})


def read_heard(motion: Path, name: str) -> np.ndarray:
    """(ways, F, heard.SIZE) float16 of the unit engine/name. EngineError where it was not heard."""
    path = _file(motion, name)
    if not path.exists():
        raise EngineError(f"{name} was performed but not heard; run `mien train performer` with the speech corpus.")
    return read_tensors(path)[0]["heard"]


def _heard_by(path: Path, sha256: str) -> bool:
    return path.exists() and read_tensors(path)[1].get("ear_sha256") == sha256


def _file(motion: Path, name: str) -> Path:
    return motion / "heard" / f"{name}.safetensors"
