# SPDX-License-Identifier: GPL-3.0-or-later
"""The transcripts of ../shared/cases that were once believed or refused: read by their coding, their times and their
tags, and said of where they are not what is spoken."""

from __future__ import annotations

import pytest
from checkout import SHARED
from mien.files.text import read_text
from mien.speech_analysis import espeak
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.report import warnings_of
from mien.speech_analysis.track import PhoneTrack
from voices import voice

CASE = SHARED / "cases" / "transcript_not_plain"
pytestmark = [
    pytest.mark.skipif(not CASE.is_dir(), reason="../shared/cases, inputs that once failed, are not here"),
    pytest.mark.skipif(bool(espeak.missing()), reason="needs espeak-ng"),
]


def track(name: str) -> PhoneTrack:
    return recognise_phones(voice("shipped"), read_text(CASE / f"{name}.txt"))


@pytest.fixture(scope="module")
def plain() -> PhoneTrack:
    return track("plain")


@pytest.mark.parametrize(("name", "share"), [("utf16", 1.0), ("tags", 0.97), ("srt", 0.85)])
def test_it_is_aligned_as_the_plain_text_is(name: str, share: float, plain: PhoneTrack) -> None:
    found = track(name)
    assert (found.posteriors.argmax(1) == plain.posteriors.argmax(1)).mean() >= share
    assert warnings_of(voice("shipped"), found) == []


@pytest.mark.parametrize("name", ["wrong", "rtl"])
def test_what_is_not_said_is_told(name: str) -> None:
    (sentence,) = warnings_of(voice("shipped"), track(name))
    assert "transcript" in sentence.lower() and "s. Check the text" in sentence
