# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.speech_analysis.inventory import NUMBER
from mien.training.speech_corpus.synthesisers.festival_phonesets import TABLES, sounds_in


@pytest.mark.parametrize("name", TABLES)
def test_every_phone_is_made_of_sounds(name: str) -> None:
    for phone, sounds in TABLES[name].items():
        assert set(sounds) <= set(NUMBER) - {"sil"}, phone
    silent = "pau" if name in ("radio", "hindi") else "#"
    assert sounds_in(name, silent) == sounds_in(name, "##") == ()


def test_long_and_stressed_phones_are_the_plain_ones() -> None:
    assert sounds_in("finnish", "@:") == sounds_in("finnish", "@") == ("æ",)
    assert sounds_in("finnish", "m::") == ("m",)
    assert sounds_in("italian", "E1") == ("ɛ",)
    assert sounds_in("catalan", "a1") == ("a",)
    assert sounds_in("czech", "i:") == ("i",) != sounds_in("czech", "i")  # they differ by more than their length


def test_lips_close_where_the_language_closes_them() -> None:
    assert [sounds_in("russian", phone) for phone in ("pp", "bb", "mm", "vv")] == [("p",), ("b",), ("m",), ("v",)]
    assert sounds_in("hindi", "bh") == ("b",)
    assert sounds_in("italian", "ts") == ("t", "s")


def test_a_phone_of_no_set_is_an_error() -> None:
    with pytest.raises(KeyError):
        sounds_in("czech", "qq")
