# SPDX-License-Identifier: GPL-3.0-or-later
from mien.speech_analysis.inventory import FOLD, NUMBER
from mien.speech_analysis.track import PHONES
from mien.training.speech_corpus.synthesisers.arpabet import SILENCE, SOUND_OF


def test_every_phone_becomes_a_sound_that_folds_back_to_it() -> None:
    for phone in PHONES[1:]:
        assert FOLD[SOUND_OF[phone.lower()]] == phone


def test_the_finer_phones_have_sounds_too_and_silence_has_none() -> None:
    assert set(SOUND_OF.values()) <= set(NUMBER)
    assert (SOUND_OF["ax"], SOUND_OF["dx"], SOUND_OF["el"]) == ("ə", "ɾ", "l")
    assert not SILENCE & set(SOUND_OF)
