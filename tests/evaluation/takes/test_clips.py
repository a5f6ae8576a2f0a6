# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out clips of a motion corpus of two voices, one of them held out."""

from pathlib import Path

import numpy as np
import pytest
from mien.direction import Curve, Direction, constant
from mien.evaluation import EvaluationError
from mien.evaluation.takes.clips import held_out_clips, later
from mien.training.motion_corpus import perform, read_motion_units
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.utterance import RATE, Utterance, Voice


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    corpus, motion = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("motion")
    rng = np.random.default_rng(0)
    for name in ("kal16", "awb"):  # awb's voice is held out
        phones = tuple((sound, 0.5 + i / 4, 0.75 + i / 4) for i, sound in enumerate("mapbui"))
        sounds = [rng.uniform(-0.3, 0.3, round(seconds * RATE)).astype(np.float32) for seconds in (2.5, 3.01, 2.3)]
        voice = Voice("flite", name, "en")
        write_unit(
            corpus / "flite", f"{name}-en-000", 0, [Utterance(voice, "x", samples, phones) for samples in sounds]
        )
    perform(corpus, motion, 2, 0, 1, lambda done, stage: None)
    return corpus, motion


def test_they_are_whole_utterances_of_held_out_voices(folders: tuple[Path, Path]) -> None:
    clips = list(held_out_clips(*folders, seconds=2.0))
    assert [clip.name for clip in clips] == ["flite/awb-en-000 0", "flite/awb-en-000 1"]
    [unit] = [unit for unit in read_motion_units(folders[1]) if unit.held_out]
    for clip, begin, end in ((clips[0], 0, 62), (clips[1], 138, 195)):  # to 2.5 s; from 5.51 s on
        np.testing.assert_array_equal(clip.truth, unit.motion[int(clip.name[-1]), begin:end].astype(np.float32))
        np.testing.assert_array_equal(clip.lips_shut, unit.lips_shut[begin:end])
        assert len(clip.speech.samples) == (end - begin) * RATE // 25
        assert clip.true_take.frames == end - begin
    assert clips[0].lips_shut.any()
    assert [clip.name for clip in held_out_clips(*folders, every=2)] == ["flite/awb-en-000 0"]


def test_a_clip_has_the_direction_of_its_part(folders: tuple[Path, Path]) -> None:
    [unit] = [unit for unit in read_motion_units(folders[1]) if unit.held_out]
    clip = list(held_out_clips(*folders, seconds=2.0))[1]
    times = np.arange(57) / 25
    whole, part = unit.directions[1].gains(times + 138 / 25), clip.direction.gains(times)
    assert whole.keys() == part.keys()
    for name, gains in part.items():
        np.testing.assert_allclose(gains, whole[name], atol=1e-9)


def test_later_moves_every_curve() -> None:
    keyed = Curve((0.0, 2.0), (0.0, 1.0))
    moved = later(Direction(emotion={"sad": keyed}, intensity=keyed, jaw=constant(0.8)), 1.5)
    assert moved.emotion["sad"].at(np.array([0.5])) == moved.intensity.at(np.array([0.5])) == 1.0
    assert moved.intensity.at(np.array([0.0])) == 0.75 and moved.jaw.at(np.array([9.0])) == 0.8


def test_without_a_held_out_voice_nothing_is_measured(folders: tuple[Path, Path], tmp_path: Path) -> None:
    known = tmp_path / "flite" / "kal16-en-000.safetensors"
    known.parent.mkdir()
    known.write_bytes((folders[1] / "flite" / known.name).read_bytes())
    with pytest.raises(EvaluationError, match="is held out"):
        next(held_out_clips(folders[0], tmp_path))
