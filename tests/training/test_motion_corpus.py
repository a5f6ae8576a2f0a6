# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion corpus: what is written is what the rules perform, the same however it is made, and held-out units are
marked."""

from __future__ import annotations

import functools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.cli import main
from mien.direction import EMOTIONS, LEVELS, Direction, strength
from mien.engines.articulation.animate import LEAD, animate
from mien.engines.articulation.style_names import HELD_OUT
from mien.files.safetensors import read_tensors, write_tensors
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.prosody import analyse_prosody
from mien.training import motion_corpus
from mien.training.motion_corpus import (
    MOTION_CHANNELS,
    STYLES,
    MotionUnit,
    direction_of,
    emotions_over,
    read_motion_units,
    track_of,
)
from mien.training.speech_corpus.store import Unit, read_units, write_unit
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

TIMED_PHONES = "m:.3 a:.38 m:.55 a:.62 sil:.8 p:1.0 ɑ:1.09 p:1.3 f:1.4 u:1.5 sil:1.7"  # each with when it begins
VOICES = (Voice("flite", "slt", "en"), Voice("flite", "awb", "en"))  # the second is held out


def utterance(voice: Voice) -> Utterance:
    """2 s that buzz where a vowel is."""
    begins = [(each.split(":")[0], float(each.split(":")[1])) for each in TIMED_PHONES.split()]
    timed = [(sound, b, e) for (sound, b), (_, e) in zip(begins, begins[1:], strict=False) if sound != "sil"]
    t = np.arange(2 * RATE) / RATE
    loud = sum(((t >= b) & (t < e)) * 0.3 for sound, b, e in timed if sound in "aɑu")
    return Utterance(voice, "mama, papa, foo", (loud * (2 * ((120 * t) % 1) - 1)).astype(np.float32), tuple(timed))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    for voice in VOICES:
        write_unit(folder / voice.engine, f"{voice.name}-en-000", 5, [utterance(voice)] * 3)
    return folder


def make(corpus: Path, motion: Path, jobs: int, seed: int = 0, number: int = 3) -> list[float]:
    fractions: list[float] = []
    units = motion_corpus.perform(corpus, motion, number, seed, jobs, lambda done, stage: fractions.append(done))
    assert units == 2
    return fractions


@pytest.fixture(scope="module")
def motion(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motion")
    fractions = make(corpus, folder, jobs=2)
    assert fractions[0] == 0 and fractions[-1] == 1 and fractions == sorted(fractions)
    return folder


@pytest.fixture(scope="module")
def motion_units(motion: Path) -> dict[str, MotionUnit]:
    return {each.name: each for each in read_motion_units(motion)}


@functools.cache
def spoken(corpus: Path, number: int = 0):
    unit = list(read_units(corpus))[number]
    return unit, Speech.from_samples(unit.samples() / 32768)


def test_a_unit_comes_back_with_its_shapes(motion_units: dict[str, MotionUnit], corpus: Path) -> None:
    assert list(motion_units) == ["flite/awb-en-000", "flite/slt-en-000"]
    for unit, each in zip(read_units(corpus), motion_units.values(), strict=True):
        assert each.name == f"{unit.voice.engine}/{unit.name}" and unit.ends == (2.0, 4.0, 6.0)
        assert each.sha256 == Speech.from_samples(unit.samples() / 32768).sha256
        assert each.motion.shape == (3, 150, len(MOTION_CHANNELS)) == (3, 150, 57) and each.motion.dtype == np.float16
        assert each.emotion.shape == (3, 150, 8) and each.emotion.dtype == np.float16
        assert [STYLES[i] for i in each.style] == [direction.style for direction in each.directions]
        assert each.lips_shut.shape == (150,) and each.lips_shut.dtype == bool


def test_what_is_written_is_what_the_rules_perform(motion_units: dict[str, MotionUnit], corpus: Path) -> None:
    unit, speech = spoken(corpus)
    each = motion_units["flite/awb-en-000"]
    track, times = track_of(unit, speech), np.arange(150) / 25
    for i, direction in enumerate(each.directions):
        assert direction == direction_of(unit, 0, i)
        take = animate(track, analyse_prosody(speech), direction, speech.duration).resample(25)
        numbers = np.concatenate([take.weights, take.head_rotation, take.gaze], 1)
        np.testing.assert_allclose(each.motion[i], numbers, atol=6e-4)
        gains = direction.gains(times)
        for name in EMOTIONS[1:]:
            np.testing.assert_allclose(each.emotion[i, :, EMOTIONS.index(name)], gains.get(name, 0 * times), atol=5e-4)
        np.testing.assert_allclose(each.emotion[i].astype(float).sum(1), 1, atol=2e-3)


def test_every_performance_shuts_the_lips_where_the_frames_say(
    motion_units: dict[str, MotionUnit], corpus: Path
) -> None:
    unit, _ = spoken(corpus)
    for each in motion_units.values():
        for weights in each.motion[..., :52].astype(float):
            assert lip_aperture().of(weights)[each.lips_shut].max() <= 0.001
        marked = np.flatnonzero(each.lips_shut) / 25 + LEAD
        contacts = [(b, e) for sound, b, e in unit.phones if sound in "pbm"]
        assert all(np.any((marked >= b - 0.02) & (marked <= e + 0.02)) for b, e in contacts)
        assert all(any(b - 0.02 <= at <= e + 0.02 for b, e in contacts) for at in marked)


def test_the_track_has_the_true_phones_with_certainty(corpus: Path) -> None:
    track = track_of(*spoken(corpus))
    assert set(np.unique(track.posteriors)) == {0, 1} and np.all(track.posteriors.sum(1) == 1)
    assert [s.phone for s in track.segments][:6] == ["SIL", "M", "AA", "M", "AA", "SIL"]
    assert track.closure[35] == 1 and track.closure[45] == 0 and track.labiodental[145] == 1
    assert track.voice[10] == 0 and track.voice[45] == 1


def test_what_a_stop_left_out_is_performed_again_alike_by_any_number_of_processes(corpus: Path, motion: Path) -> None:
    before = {file: file.read_bytes() for file in motion.rglob("*.*")}
    assert len(before) == 3
    lost, kept = sorted(motion.rglob("*.safetensors"))
    lost.unlink()
    written = kept.stat().st_mtime_ns
    assert make(corpus, motion, jobs=1) == [0.5, 1.0]
    assert {file: file.read_bytes() for file in motion.rglob("*.*")} == before
    assert kept.stat().st_mtime_ns == written


def test_another_seed_and_another_number_are_other_performances(corpus: Path) -> None:
    unit, _ = spoken(corpus)
    texts = {direction_of(unit, seed, number).to_json() for seed in (0, 1) for number in range(4)}
    assert len(texts) == 8


def units(voice: Voice, number: int) -> list[Unit]:
    return [Unit(Path(f"{voice.name}-en-{i:03d}.flac"), voice, (), (5.0, 10.0)) for i in range(number)]


def test_held_out_speakers_perform_held_out_voices_alone() -> None:
    usual, held = (Counter(direction_of(unit, 0, 0).style for unit in units(voice, 400)) for voice in VOICES)
    assert not set(usual) & set(HELD_OUT) and set(usual) == set(STYLES) - set(HELD_OUT)
    assert set(HELD_OUT) <= set(held)
    assert sum(held[name] for name in HELD_OUT) / 400 == pytest.approx(motion_corpus.UNKNOWN_SHARE, abs=0.06)


def test_voices_are_held_out_as_the_corpus_has_them(motion_units: dict[str, MotionUnit]) -> None:
    assert motion_units["flite/awb-en-000"].held_out and not motion_units["flite/slt-en-000"].held_out


def test_most_jaws_and_lips_are_as_the_style_has_them() -> None:
    directions = [direction_of(unit, 0, 0) for unit in units(VOICES[0], 400)]
    gained = [d for d in directions if (d.jaw.constant, d.lips.constant) != (1.0, 1.0)]
    assert len(gained) / 400 == pytest.approx(motion_corpus.GAIN_SHARE, abs=0.06)
    assert all(0.6 <= gain.constant <= 1.5 for d in gained for gain in (d.jaw, d.lips))


def test_utterances_have_every_emotion_at_every_level_most_of_them_one() -> None:
    rng = np.random.default_rng(0)
    ends = tuple(np.arange(1, 1501) * 4.0)
    direction = Direction.from_json({"emotion": emotions_over(ends, rng)})
    early, late = (direction.gains(np.array(ends) - seconds) for seconds in (3.5, 0.5))
    assert set(early) == set(EMOTIONS) - {"neutral"}
    begun, ended = (np.stack(list(gains.values()), 1) for gains in (early, late))
    assert begun.sum(1).max() <= 1 + 1e-9
    still = np.all(begun == ended, axis=1)
    assert still.mean() == pytest.approx(1 - motion_corpus.CHANGING_SHARE, abs=0.04)
    one = still & ((begun > 0).sum(1) == 1)
    for gains in begun.T:
        share = Counter(np.round(gains[one & (gains > 0)], 3))
        assert all(share[round(strength(level), 3)] > 20 for level in LEVELS.values())
    mixed = ((begun > 0).sum(1) == 2).mean()  # those with neutral show one
    assert mixed == pytest.approx(motion_corpus.MIXED_SHARE * 0.75, abs=0.03)
    assert (begun.sum(1) == 0).mean() == pytest.approx((1 - motion_corpus.MIXED_SHARE) / 8, abs=0.03)


def test_emotions_are_turned_to_as_fast_as_a_face_can() -> None:
    ends = tuple(np.arange(1, 301) * 3.0)
    direction = Direction.from_json({"emotion": emotions_over(ends, np.random.default_rng(1))})
    for gain in direction.gains(np.arange(0, 900, 0.01)).values():
        assert np.abs(np.diff(gain)).max() <= 0.01 / motion_corpus.TRANSITION + 1e-9


def test_brief_utterances_keep_their_keys_in_order() -> None:
    for seed in range(20):
        emotions = emotions_over((0.1, 0.25, 0.3, 2.0), np.random.default_rng(seed))
        Direction.from_json({"emotion": emotions})  # refuses key times that do not rise


def test_performances_of_another_kind_are_refused(corpus: Path, motion: Path) -> None:
    with pytest.raises(CorpusError, match="3 of each unit from seed 0 .* asked for were 3 of each unit from seed 7"):
        make(corpus, motion, jobs=1, seed=7)
    with pytest.raises(CorpusError, match="asked for were 2 of each"):
        make(corpus, motion, jobs=1, number=2)


def test_a_folder_without_performances_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="mien corpus perform"):
        next(read_motion_units(tmp_path))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"format_version": "2"}, "perform the corpus again"), ({"styles": '["default"]'}, "other styles or channels")],
)
def test_files_of_another_version_are_refused(
    motion: Path, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    tensors, meta = read_tensors(next(motion.rglob("*.safetensors")))
    (tmp_path / "flite").mkdir()
    (tmp_path / "flite" / "one.safetensors").write_bytes(write_tensors(tensors, {**meta, **changes}))
    with pytest.raises(CorpusError, match=sentence):
        next(read_motion_units(tmp_path))


def test_a_file_that_is_cut_short_is_refused(motion: Path, tmp_path: Path) -> None:
    (tmp_path / "flite").mkdir()
    (tmp_path / "flite" / "one.safetensors").write_bytes(next(motion.rglob("*.safetensors")).read_bytes()[:9000])
    with pytest.raises(CorpusError, match="cut short"):
        next(read_motion_units(tmp_path))


def test_the_command_goes_on_where_it_was_stopped(
    corpus: Path, motion: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["corpus", "perform", str(corpus), str(motion), "--performances", "3", "--seed", "0", "--jobs", "1"]
    assert main.main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(motion), "units": 2, "performances": 3}
    assert main.main([*command, "--seed", "7"]) == 4
    assert "asked for were 3 of each unit from seed 7" in capsys.readouterr().err
    assert main.main([*command, "--performances", "0"]) == 2
    assert "'0' is no whole number from 1 to 1000" in capsys.readouterr().err
