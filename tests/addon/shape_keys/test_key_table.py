# SPDX-License-Identifier: GPL-3.0-or-later
"""The mapping table: sources are parsed and written, values follow from them, and files survive a round trip."""

import json

import numpy as np
import pytest

from addon.shape_keys.key_table import Row, TableError, fault, read_table, source_text, terms, values, write_table


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("jawOpen", [("jawOpen", 1.0)]),
        ("-jawOpen", [("jawOpen", -1.0)]),
        ("0.5 mouthSmileLeft + 0.5 mouthSmileRight", [("mouthSmileLeft", 0.5), ("mouthSmileRight", 0.5)]),
        ("jawOpen-1.03*mouthClose", [("jawOpen", 1.0), ("mouthClose", -1.03)]),
        (" 2 /P B M/ + .25 jawOpen ", [("/P B M/", 2.0), ("jawOpen", 0.25)]),
    ],
)
def test_a_source_is_read_and_written_back(source, parts):
    assert list(terms(source)) == parts
    assert list(terms(source_text(parts))) == parts


@pytest.mark.parametrize("source", ["", "  ", "jawOpen mouthClose", "jawOpen +", "0.5", "jawOpen ** 2", "/P B M", "."])
def test_a_faulty_source_is_refused_in_words(source):
    assert fault(source)
    with pytest.raises(TableError):
        terms(source)


def test_unknown_names_are_named():
    assert fault("jawOpn") == "There is no channel 'jawOpn'; the names are ARKit's, like jawOpen or mouthSmileLeft."
    assert fault("/P XX/").startswith("There is no phone 'XX'")
    assert fault("/P B M/") == fault("jawOpen - 1.03 mouthClose") == ""


def test_values_are_offset_and_gain_times_the_sum():
    sources = {"jawOpen": np.array([0.0, 0.5, 1.0]), "mouthClose": np.array([0.5, 0.25, 0.0])}
    rows = [Row("a", "jawOpen", 2.0, 0.25), Row("b", "jawOpen - mouthClose", -1.0), Row("c", "tongueOut", 1.0, 0.5)]
    driven = values(rows, sources, 3)
    np.testing.assert_allclose(driven["a"], [0.25, 1.25, 2.25])
    np.testing.assert_allclose(driven["b"], [0.0, -0.25, -1.0])  # the sum stops at 0 before the gain
    np.testing.assert_allclose(driven["c"], [0.5, 0.5, 0.5])  # the take has no such channel
    assert driven["a"].dtype == np.float32


def test_values_stay_within_what_a_slider_can_be():
    assert values([Row("a", "jawOpen", 100.0)], {"jawOpen": np.ones(2)}, 2)["a"].tolist() == [10.0, 10.0]


def test_a_table_survives_its_file(tmp_path):
    rows = (Row("あ", "/AA/", 0.8), Row('jaw "x"', "jawOpen - 1.03 mouthClose", 1.0, -0.1))
    write_table(tmp_path / "mine.json", "Käthe", rows)
    assert read_table(tmp_path / "mine.json") == ("Käthe", rows)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "is no table of shape keys"),
        ('{"format": "mien.keys", "format_version": "2", "keys": []}', "format version 2 and this extension reads 1"),
        ('{"format": "mien.keys", "format_version": "1"}', "has no list of keys"),
        ([{"key": "a"}], "each needs a key and what it is from"),
        ([{"key": "a", "from": "jawOpn"}], "key 'a': There is no channel 'jawOpn'"),
        ([{"key": "a", "from": "jawOpen", "gain": "much"}], "each needs a key"),
        ([{"key": "a", "from": "jawOpen", "gain": float("nan")}], "must be numbers"),
        ([{"key": "a", "from": "jawOpen"}, {"key": "a", "from": "tongueOut"}], "the key 'a' twice"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(tmp_path, document, sentence):
    path = tmp_path / "mine.json"
    if isinstance(document, list):
        document = json.dumps({"format": "mien.keys", "format_version": "1", "keys": document})
    path.write_text(document, encoding="utf-8")
    with pytest.raises(TableError, match=sentence):
        read_table(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TableError, match="none.json cannot be read"):
        read_table(tmp_path / "none.json")
