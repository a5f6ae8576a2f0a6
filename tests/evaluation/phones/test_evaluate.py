# SPDX-License-Identifier: GPL-3.0-or-later
import json
from pathlib import Path

import numpy as np
import pytest
from mien.engines import no_progress
from mien.evaluation import EvaluationError
from mien.evaluation.cache import Cache
from mien.evaluation.phones import report
from mien.evaluation.phones.confusion_plot import draw
from mien.evaluation.phones.evaluate import Results, evaluate, find_synthetic, set_of
from mien.evaluation.phones.recognisers import find_recognisers
from mien.evaluation.phones.recordings import Prompt
from mien.speech_analysis.track import INDEX
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.utterance import Utterance, Voice
from PIL import Image
from voices import SHIPPED, TRANSCRIPT

NOWHERE = Cache(None)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """One unit of two utterances: half a second of silence, then a hum labelled as an M and an A."""
    folder = tmp_path_factory.mktemp("corpus")
    hum = 0.3 * np.sin(2 * np.pi * 150 * np.arange(16000) / 16000) * (np.arange(16000) > 8000)
    voice = Voice("toy", "robot", "it")
    utterance = Utterance(voice, "ma", hum.astype(np.float32), (("m", 0.5, 0.6), ("a", 0.6, 0.9)))
    write_unit(folder / "toy", "robot-it-000", 0, [utterance, utterance])
    return folder


@pytest.fixture(scope="module")
def results(corpus: Path, tmp_path_factory) -> Results:
    prompt = Prompt("pocketsphinx", "en", "LibriVox", SHIPPED, TRANSCRIPT)
    wrong = Prompt("pocketsphinx", "en", "LibriVox", SHIPPED, TRANSCRIPT * 9)
    recognisers = {name: each for name, each in find_recognisers([]).items() if name.startswith("pocketsphinx")}
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return evaluate([prompt, wrong, *find_synthetic(corpus)], recognisers, "pocketsphinx", cache, 1, no_progress)


def test_a_corpus_has_exact_phones(corpus: Path) -> None:
    (unit,) = find_synthetic(corpus)
    assert set_of(unit) == "toy, it, robot" and len(unit.read().samples) == 32000
    expected = np.full(200, INDEX["SIL"])
    for begin in (50, 150):
        expected[begin : begin + 10], expected[begin + 10 : begin + 40] = INDEX["M"], INDEX["AA"]
    np.testing.assert_array_equal(unit.truth().phones, expected)


def test_recognisers_are_scored_on_the_same_frames(results: Results) -> None:
    assert results.recognisers == ("pocketsphinx all-phone", "pocketsphinx posteriors")
    for chosen, seconds in (("en", 7.1), ("it", 2.0)):
        scores = results.total(lambda each, chosen=chosen: each.language == chosen)
        assert {score.seconds for score in scores.values()} == {seconds}
        assert len({score.speech_seconds for score in scores.values()}) == 1
    english = results.total(lambda each: each.language == "en")
    assert all(score.accuracy > 0.6 and abs(score.lag) < 0.02 for score in english.values())


def test_what_cannot_be_aligned_is_left_out_and_counted(results: Results) -> None:
    assert results.rejected == {"pocketsphinx, en, LibriVox": 1, "toy, it, robot": 0}
    assert results.of == {"pocketsphinx, en, LibriVox": 2, "toy, it, robot": 1}
    assert "1 of 3 recordings were left out" in report.for_page(results)


def test_a_recogniser_can_be_the_reference_of_all() -> None:
    prompt = Prompt("pocketsphinx", "en", "LibriVox", SHIPPED, TRANSCRIPT)
    name = "pocketsphinx all-phone"
    recognisers = {name: find_recognisers([])[name]}
    own = evaluate([prompt], recognisers, name, NOWHERE, 1, no_progress).total(lambda each: True)[name]
    usual = evaluate([prompt], recognisers, "pocketsphinx", NOWHERE, 1, no_progress).total(lambda each: True)[name]
    assert own.accuracy > usual.accuracy


def test_no_recordings_and_an_unknown_reference_are_refused() -> None:
    with pytest.raises(EvaluationError, match="asterisk-core-sounds-en"):
        evaluate([], find_recognisers([]), "pocketsphinx", NOWHERE, 1, no_progress)
    with pytest.raises(EvaluationError, match="no phone recogniser 'nobody'"):
        evaluate([Prompt("", "en", "", SHIPPED, "go")], find_recognisers([]), "nobody", NOWHERE, 1, no_progress)


def test_tables_have_a_row_for_each_set_and_recogniser_and_all(results: Results) -> None:
    rows = report.rows_of(results)
    assert [name for name, _ in rows] == ["pocketsphinx, en, LibriVox", "toy, it, robot", "all"]
    lines = report.for_page(results).splitlines()
    first = next(line for line in lines if line.startswith("| pocketsphinx, en, LibriVox"))
    accuracy = rows[0][1]["pocketsphinx all-phone"].accuracy
    assert f"| pocketsphinx all-phone | {accuracy:.3f} |".replace("0.", ".") in first
    assert sum(line.startswith("| all |") for line in lines) == 2
    assert "pocketsphinx posteriors" in report.for_terminal(results)


def test_the_object_is_json_without_nan(results: Results) -> None:
    data = json.loads(json.dumps(report.as_object(results), allow_nan=False))
    row = data["rows"]["toy, it, robot"]["pocketsphinx all-phone"]
    assert row["seconds"] == 2.0 and row["closures"]["segments"] == 2 and row["recall"]["f v"] is None
    assert np.sum(row["confusion"]) == 200


def test_the_picture_has_a_square_for_each_recogniser_and_language(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw(results, tmp_path / "one.png")
    draw(results, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.width > 600 and picture.height > 600 and len(picture.convert("RGB").getcolors(1 << 20)) > 50


def test_without_matplotlib_a_sentence_says_so(results: Results, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(EvaluationError, match="drawn with matplotlib"):
        draw(results, tmp_path / "none.png")
