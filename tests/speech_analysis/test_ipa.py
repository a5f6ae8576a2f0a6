# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.speech_analysis.ipa import SOUNDS, phones_of
from mien.speech_analysis.track import PHONES


@pytest.mark.parametrize(
    ("symbol", "phones"),
    [
        ("aɪ", ("AY",)),
        ("ˈoːɹ", ("AO", "R")),
        ("ã", ("AA",)),
        ("œ̃", ("UH",)),
        ("ç", ("HH",)),
        ("tʃʰ", ("CH",)),
        ("əl", ("AH", "L")),
        ("ʔ", ()),
        ("", ()),
        ("1", ()),
        ("y", ("UW",)),
    ],
)
def test_symbols_of_many_languages_become_phones(symbol: str, phones: tuple[str, ...]) -> None:
    assert phones_of(symbol) == phones


def test_every_phone_named_is_one() -> None:
    assert {phone for phones in SOUNDS.values() for phone in phones} <= set(PHONES) - {"SIL"}


def test_a_letter_that_is_no_sound_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'щ'"):
        phones_of("aщ")
