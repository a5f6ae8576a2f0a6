# SPDX-License-Identifier: GPL-3.0-or-later
"""Mouth cues: each phone's shape at its time, every p, b and m closed, and the files as Rhubarb and Moho have them."""

import json
from fractions import Fraction

import numpy as np
import pytest
from mien.direction import Direction
from mien.export import ExportError, UnknownFormat, export, mouth_cues
from mien.heads.default import load_head
from mien.speak import speak
from mien.speech_analysis.track import PHONES
from mien.take import Take
from voices import voice

HEAD = load_head()


def take_of(phones, seconds=2, fps=25) -> Take:
    frames = seconds * fps
    meta = {"phones": json.dumps(phones)} if phones else {}
    weights = np.zeros((frames, 1), np.float32)
    still = np.zeros((frames, 3), np.float32)
    return Take(Fraction(fps), Fraction(seconds), still, ("jawOpen",), weights, meta=meta)


def shapes(phones) -> str:
    return "".join(cue.shape for cue in mouth_cues.mouth_cues(take_of(phones)))


def test_every_phone_has_a_shape() -> None:
    assert set(mouth_cues.SHAPES) == set(PHONES) - {"SIL"}
    assert {letter for each in mouth_cues.SHAPES.values() for suit in each for letter in suit} <= set("ABCDEFGH")


def test_a_word_between_pauses() -> None:
    cues = mouth_cues.mouth_cues(take_of([["M", 0.5, 0.6], ["AA", 0.6, 0.8], ["P", 0.8, 0.9]]))
    assert cues == [(0.0, "X"), (0.5, "A"), (0.6, "D"), (0.8, "A"), (0.9, "X")]


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        ([["S", 0.0, 0.2], ["UW", 0.2, 0.4]], "FX"),  # rounded with its vowel
        ([["S", 0.0, 0.2], ["IY", 0.2, 0.4]], "BX"),
        ([["AY", 0.0, 0.3]], "DBX"),
        ([["L", 0.0, 0.15], ["AA", 0.15, 0.4]], "HDX"),  # a long one shows the tongue
        ([["L", 0.0, 0.05], ["UW", 0.05, 0.4]], "FX"),
        ([["AA", 0.0, 0.3], ["AA", 0.45, 0.6]], "DX"),  # the mouth stays in a short pause
        ([["AA", 0.0, 0.3], ["AA", 0.55, 0.7]], "DXDX"),
    ],
)
def test_neighbours_and_pauses(phones, expected) -> None:
    assert shapes(phones) == expected


def test_a_closure_is_never_lost_and_nothing_flickers() -> None:
    cues = mouth_cues.mouth_cues(
        take_of([["AA", 0.0, 0.3], ["T", 0.3, 0.32], ["B", 0.32, 0.33], ["IY", 0.33, 0.6], ["F", 0.6, 0.8]])
    )
    assert "".join(cue.shape for cue in cues) == "DABGX"
    starts = [cue.start for cue in cues]
    assert min(np.diff(starts)) >= mouth_cues.SHORTEST - 1e-9


def test_a_spoken_take_closes_at_each_p_b_and_m() -> None:
    take = speak(voice("shipped"), Direction(), "articulation")
    phones = json.loads(take.meta["phones"])
    cues = mouth_cues.mouth_cues(take)
    ends = [cue.start for cue in cues[1:]] + [float(take.duration)]
    closed = [(cue.start, end) for cue, end in zip(cues, ends, strict=True) if cue.shape == "A"]
    meeting = [(start, end) for name, start, end in phones if name in ("P", "B", "M")]
    assert meeting
    for start, end in meeting:
        assert any(a < end + mouth_cues.SHORTEST and b > start for a, b in closed)


def test_rhubarbs_table(tmp_path) -> None:
    export(take_of([["M", 0.5, 0.6], ["OW", 0.6, 1.0]]), HEAD, tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "0.00\tX\n0.50\tA\n0.60\tE\n0.84\tF\n1.00\tX\n2.00\tX\n"


def test_mohos_switch_data_keeps_a_closure_shorter_than_a_frame(tmp_path) -> None:
    export(take_of([["AA", 0.0, 0.5], ["B", 0.5, 0.54], ["AA", 0.54, 1.0]], fps=10), HEAD, tmp_path / "a.dat")
    assert (tmp_path / "a.dat").read_text() == "MohoSwitch1\n1 AI\n6 MBP\n11 rest\n21 rest\n"


def test_a_take_without_phones_says_so(tmp_path) -> None:
    with pytest.raises(ExportError, match="no phones"):
        export(take_of([]), HEAD, tmp_path / "a.tsv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".fbx", ".abc"])
def test_what_blender_writes_is_named(suffix, tmp_path) -> None:
    with pytest.raises(UnknownFormat, match="Blender exports"):
        export(take_of([["M", 0.5, 0.6]]), HEAD, tmp_path / f"a{suffix}")
