# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.evaluation.phones.recognisers import all_phone, find_recognisers
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.track import INDEX
from mien.speech_analysis.viseme_groups import GROUP


def test_both_ways_of_pocketsphinx_are_there() -> None:
    all_of_them = find_recognisers([])
    assert list(all_of_them)[:2] == ["pocketsphinx all-phone", "pocketsphinx posteriors"]
    assert len({each.edition for each in all_of_them.values()}) == len(all_of_them)


def test_all_phone_is_one_hard_sequence_that_follows_the_speech(recording) -> None:
    track = all_phone(recording)
    assert len(track) == 710 and set(np.unique(track.posteriors)) == {0, 1}
    groups = GROUP[track.posteriors.argmax(1)]
    assert np.all(groups[:10] == 0) and (groups[30:660] > 0).mean() > 0.9
    np.testing.assert_array_equal(all_phone(recording).posteriors, track.posteriors)  # nothing is remembered


def test_all_phone_of_no_speech_is_silence() -> None:
    track = all_phone(Speech.from_samples(np.zeros(100)))
    assert len(track) == 1 and track.posteriors[0, INDEX["SIL"]] == 1


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    why = "no file of weights .*nothing" if importlib.util.find_spec("torch") else "PyTorch"
    with pytest.raises(RecognitionError, match=why):
        find_recognisers([tmp_path / "nothing.safetensors"])
