# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that people write by hand: faults of it are sentences."""

import pytest
from mien.files.strict_json import DEEPEST, JsonError, parse_json


@pytest.mark.parametrize("text", ['{"a": [1, 2]}', b'{"a": [1, 2]}', b'\xef\xbb\xbf{"a": [1, 2]}'])
def test_what_is_json_is_read(text) -> None:
    assert parse_json(text) == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "b": {"seed": 1, "seed": 2}}', "the key 'seed' is there twice"),
        ("[" * 100_000, f"nested more than {DEEPEST} deep"),
        ("[" * 100 + "]" * 100, f"nested more than {DEEPEST} deep"),
        ('{"a":' * 900 + "1" + "}" * 900, f"nested more than {DEEPEST} deep"),
        ("{", "double quotes|property name"),
        (b"\xff\xff", "decode"),
        ("1" * 5000, "digits"),
        (r'{"transcript": "a \ud800 b"}', "one half of a character"),
        (r'{"\udfff": 1}', "one half of a character"),
    ],
)
def test_faults_are_sentences(text, words: str) -> None:
    with pytest.raises(JsonError, match=words):
        parse_json(text)


def test_as_deep_as_may_be() -> None:
    assert parse_json("[" * DEEPEST + "]" * DEEPEST) is not None
