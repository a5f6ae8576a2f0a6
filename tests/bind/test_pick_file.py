# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of picked points: each format says the same, and what is none is refused in words."""

import json
from pathlib import Path

import pytest
from mien.bind import BindError
from mien.bind.pick_file import read_picks

MESHLAB = """<!DOCTYPE PickedPoints>
<PickedPoints>
 <DocumentData><DataFileName name="face.obj"/></DocumentData>
 <point x="0.5" y="-1" z="2e-1" active="1" name="nose_tip"/>
 <point x="9" y="9" z="9" active="0" name="chin"/>
</PickedPoints>
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"nose_tip": [0.5, -1, 0.2]}'),
        ("a.pp", MESHLAB),
        ("a.txt", "# picked by hand\n\nnose_tip 0.5 -1 0.2\n"),
        ("a.csv", "Name,X,Y,Z\r\nnose_tip, 0.5, -1, 0.2,\r\n"),
        ("a.tsv", "\ufeffnose_tip\t0.5\t-1\t0.2"),
        ("a.CSV", "nose_tip;0.5;-1;0.2\n"),
    ],
)
def test_each_format_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    assert read_picks(written(tmp_path / name, text)) == {"nose_tip": [0.5, -1.0, 0.2]}


def test_a_vertex_by_its_number(tmp_path: Path) -> None:
    assert read_picks(written(tmp_path / "a.txt", "chin 4021\nnose_tip 1 2 3")) == {"chin": 4021, "nose_tip": [1, 2, 3]}


def test_places_without_names_are_landmarks(tmp_path: Path) -> None:
    places = [[0, 0, i] for i in range(68)]
    assert read_picks(written(tmp_path / "a.json", json.dumps(places)))["8"] == [0, 0, 8]
    lines = "\n".join(" ".join(map(str, place)) for place in places)
    assert read_picks(written(tmp_path / "a.xyz", lines))["67"] == [0, 0, 67]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.json", "[1, 2]", "no JSON object"),
        ("a.json", "{", "cannot be read as JSON"),
        ("a.pp", "<PickedPoints><point x='1'", "cannot be read as picked points of MeshLab"),
        ("a.pp", "<PickedPoints><point x='1' y='2' name='chin'/></PickedPoints>", "picked points of MeshLab .'z'"),
        ("a.pp", MESHLAB.replace('active="0" name="chin"', 'name="nose_tip"'), "'nose_tip' twice"),
        ("a.txt", "nose_tip 1 2 3\nchin 1 2", "line 2: 'chin 1 2' is no point"),
        ("a.csv", "chin,one,two,three", "line 1: 'chin one two three' is no point"),
        ("a.txt", "chin\0", "holds no text"),
        ("a.txt", "chin 1\nchin 2", "'chin' twice"),
        ("a.json", " " * (1 << 20) + "{}", "too large"),
    ],
)
def test_what_holds_no_points_is_refused(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(BindError, match=sentence):
        read_picks(written(tmp_path / name, text))


def test_entities_of_xml_do_not_grow(tmp_path: Path) -> None:
    """A "billion laughs": the file is small, what it would become is not."""
    entities = '<!ENTITY a "lol">' + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    text = f'<!DOCTYPE p [{entities}]><p><point x="1" y="2" z="3" name="&j;"/></p>'
    with pytest.raises(BindError, match="MeshLab"):
        read_picks(written(tmp_path / "a.pp", text))
