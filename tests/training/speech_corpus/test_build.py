# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus' plan and its making: the same again, whole again after a stop, nothing half-written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mien.speech_analysis.inventory import NUMBER, SIL
from mien.training.speech_corpus import build
from mien.training.speech_corpus.store import read_unit, read_units, write_unit
from mien.training.speech_corpus.synthesisers import espeak, flite
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

VOICES = {
    "flite": flite.VOICES,
    "festival": tuple(Voice("festival", n, c) for n, c in (("ked", "en"), ("kal", "en"), ("italian_lp", "it"))),
}


def utterance(seconds: float = 1.0) -> Utterance:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, int(seconds * RATE)).astype(np.float32)
    return Utterance(Voice("flite", "slt", "en"), "a test", samples, (("t", 0.1, 0.2), ("ɛ", 0.2, 0.45)))


def test_the_plan_is_the_same_again_and_has_its_shares() -> None:
    requests = build.plan(VOICES, 10, 0)
    assert requests == build.plan(VOICES, 10, 0) != build.plan(VOICES, 10, 1)
    assert len(set(requests)) == len(requests) == len({(r.voice, r.number) for r in requests})
    seconds = Counter(o.voice.engine for o in requests)
    assert seconds["flite"] * build.UNIT / 36000 == pytest.approx(build.SHARES["flite"], abs=0.01)
    languages = Counter(o.voice.language for o in requests if o.voice.engine == "festival")
    assert languages["en"] / languages.total() == pytest.approx(build.ENGLISH["festival"], abs=0.02)


def test_an_engine_that_comes_later_only_adds() -> None:
    assert set(build.plan({"flite": flite.VOICES}, 3, 0)) < set(build.plan(VOICES, 3, 0))


def test_a_language_of_held_out_voices_alone_ends() -> None:
    alone = (Voice("flite", "awb", "en"),)
    assert len(build.plan({"flite": alone}, 10, 0)) == build.HELD_OUT_UNITS


def test_hours_too_few_for_a_unit_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mien.training.speech_corpus.synthesisers.flite.missing", lambda: "")
    with pytest.raises(CorpusError, match="less than a unit"):
        build.build(tmp_path, 0.001, 0, 1, ["flite"], lambda done, what: None)


def test_held_out_voices_say_little() -> None:
    counts = Counter(o.voice.name for o in build.plan(VOICES, 10, 0))
    assert counts["awb"] == counts["ked"] == build.HELD_OUT_UNITS < counts["slt"]


def test_a_unit_comes_back(tmp_path: Path) -> None:
    sentence = utterance()
    write_unit(tmp_path / "flite", "slt-en-000", 5, [sentence, sentence])
    (unit,) = read_units(tmp_path)
    assert unit == read_unit(tmp_path / "flite" / "slt-en-000.json") and unit.voice == sentence.voice
    assert [phone[0] for phone in unit.phones] == ["t", "ɛ", "t", "ɛ"]
    assert unit.phones[2][1] == pytest.approx(1.1) and unit.seconds == 2.0
    np.testing.assert_allclose(unit.samples()[:RATE] / 32768, sentence.samples, atol=1e-4)
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_without_a_corpus_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="mien corpus build"):
        list(read_units(tmp_path))


def test_no_synthesiser_at_all_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flite, "missing", lambda: "flite is not installed.")
    with pytest.raises(CorpusError, match="no speech synthesiser is here. flite is not installed"):
        build.build(tmp_path, 0.1, 0, 1, ["flite"], lambda done, stage: None)


def test_more_hours_than_the_disk_has_are_refused(tmp_path: Path) -> None:
    if flite.missing():
        pytest.skip(flite.missing())
    with pytest.raises(CorpusError, match="ask for fewer hours"):
        build.build(tmp_path / "corpus", 1e7, 0, 1, ["flite"], lambda done, stage: None)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two real units, by two processes."""
    if espeak.missing():
        pytest.skip(espeak.missing())
    pytest.importorskip("pyworld", reason="pyworld (the corpus extra) is not installed")
    folder = tmp_path_factory.mktemp("corpus")
    done: list[float] = []
    build.build(folder, 0.3, 0, 2, ["espeak"], lambda fraction, stage: done.append(fraction))
    assert done[0] == 0 and done[-1] == 1 and done == sorted(done)
    return folder


def test_a_built_corpus_is_whole(built: Path) -> None:
    units = list(read_units(built))
    assert len(units) == len(build.plan({"espeak": build.voices_of("espeak")}, 0.3, 0)) > 1
    for unit in units:
        assert build.UNIT <= unit.seconds < build.UNIT + 20
        assert len(unit.samples()) == pytest.approx(unit.seconds * RATE)
        begins = [begin for _, begin, _ in unit.phones]
        assert begins == sorted(begins) and all(begin < end for _, begin, end in unit.phones)
        assert all(sound in NUMBER and sound != SIL for sound, _, _ in unit.phones)
        assert unit.phones[-1][2] <= unit.seconds + 1e-6


def test_what_a_stop_left_out_is_made_again_alike(built: Path) -> None:
    files = sorted(built.rglob("*.*"))
    before = {file: file.read_bytes() for file in files}
    lost = next(file for file in files if file.suffix == ".json")
    lost.unlink()
    build.build(built, 0.3, 0, 1, ["espeak"], lambda fraction, stage: None)
    assert {file: file.read_bytes() for file in sorted(built.rglob("*.*"))} == before
