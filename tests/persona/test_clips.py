# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips as the user names them: takes with a sound beside them or named, and films that are of no use."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from mien.persona import LearningError
from mien.persona.clips import read_recordings
from mien.take import TakeError, write_take
from personas import take_of
from scipy.io import wavfile


def quiet(done: float, stage: str) -> None:
    """No progress."""


def write_clip(folder: Path, name: str, late: int = 0) -> tuple[Path, Path]:
    take, speech = take_of("shipped", late=late)
    path, sound = folder / f"{name}.take.safetensors", folder / f"{name}.wav"
    write_take(take, path)
    wavfile.write(sound, 16000, np.asarray(speech.samples, np.float32))
    return path, sound


def test_a_take_has_its_sound_beside_it_or_named(tmp_path: Path) -> None:
    path, sound = write_clip(tmp_path, "one")
    (beside,), refused = read_recordings([path], [], quiet, 600)
    named = sound.rename(tmp_path / "voice.wav")
    (other,), _ = read_recordings([path], [named], quiet, 600)
    assert refused == [] and beside.name == "one.take.safetensors" and beside.sha256 == other.sha256
    with pytest.raises(LearningError, match="beside it is no sound one.wav; name it: --sound FILE"):
        read_recordings([path], [], quiet, 600)
    with pytest.raises(LearningError, match="there are 1 takes and 2 sounds"):
        read_recordings([path], [named, named], quiet, 600)


def test_a_take_of_another_sound_is_left_out_and_alone_refused(tmp_path: Path) -> None:
    good, sound = write_clip(tmp_path, "one")
    take, _ = take_of("shipped")
    bad = tmp_path / "two.take.safetensors"
    write_take(dataclasses.replace(take, meta={"audio_sha256": "0" * 64}), bad)
    found, refused = read_recordings([good, bad], [sound, sound], quiet, 600)
    assert len(found) == 1 and len(refused) == 1
    assert "file one.wav is not the sound of two.take.safetensors, which was made of another" in refused[0]
    with pytest.raises(LearningError, match="none of the clips is of use"):
        read_recordings([bad], [sound], quiet, 600)


def test_files_that_are_none_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="none of the clips is of use. film_without_sound.mp4"):
        read_recordings([SAMPLES / "film_without_sound.mp4"], [], quiet, 600)
    path, sound = write_clip(tmp_path, "one")
    path.write_bytes(b"nothing")
    with pytest.raises(TakeError):
        read_recordings([path], [sound], quiet, 600)
