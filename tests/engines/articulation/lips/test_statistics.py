# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics that ship: whole, and saying of people what phoneticians say."""

import hashlib
import json

from mien.engines.articulation.lips.statistics import PATH, lip_statistics
from mien.files.card import card_path
from mien.speech_analysis.track import INDEX


def test_the_file_is_the_one_of_its_card_and_holds_numbers_alone() -> None:
    card = json.loads(card_path(PATH).read_text("utf-8"))
    assert card["sha256"] == hashlib.sha256(PATH.read_bytes()).hexdigest()
    assert "Numbers only" in card["what"] and card["biases"]
    assert PATH.stat().st_size < 30_000


def test_labials_and_rounded_phones_close_the_lips_and_open_vowels_part_them() -> None:
    statistics = lip_statistics()
    assert statistics.kernel.shape == (len(INDEX), len(statistics.channels), 5)
    assert statistics.offsets == (-8, -4, 0, 4, 8)
    now = dict(zip(INDEX, statistics.effects("aperture")[:, 2], strict=True))
    assert max(now[phone] for phone in "PBMFVW") < -0.4 < 0.4 < min(now[phone] for phone in ("AA", "AE", "HH"))
    width = dict(zip(INDEX, statistics.effects("width")[:, 2], strict=True))
    assert width["W"] < width["UW"] < 0 < width["AE"]
