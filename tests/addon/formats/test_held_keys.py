# SPDX-License-Identifier: GPL-3.0-or-later
"""Held keys as text, and their curves when the front of the sound is cut off."""

from addon.formats.held_keys import HeldKeys

JAW = [[0.5, 0.2], [1.0, 0.7], [2.0, 0.1]]
HELD = HeldKeys({"jawOpen": [JAW, [[3.0, 0.4]]], "cheekPuff": [[[0.0, 0.3], [0.25, 0.3]]]}, (("Key", "path"),))


def test_the_text_reads_as_it_was_written():
    assert HeldKeys.from_text(HELD.to_text()) == HELD
    assert HeldKeys.from_text("") == HeldKeys() and HeldKeys().to_text() == ""
    assert HELD.span == (0.0, 3.0)


def test_a_sound_that_is_not_cut_keeps_all_curves():
    assert HELD.after(0.0) == HELD.curves


def test_a_curve_before_the_cut_is_dropped_and_one_across_it_gets_a_key_there():
    assert HELD.after(1.5) == {"jawOpen": [[[0.0, 0.4], [0.5, 0.1]], [[1.5, 0.4]]]}
    assert HELD.after(1.0) == {"jawOpen": [[[0.0, 0.7], [1.0, 0.1]], [[2.0, 0.4]]]}
    assert HELD.after(3.0) == {"jawOpen": [[[0.0, 0.4]]]}
    assert HELD.after(3.5) == {}
