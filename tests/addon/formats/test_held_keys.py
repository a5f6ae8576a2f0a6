# SPDX-License-Identifier: GPL-3.0-or-later
"""Held curves as text, and what is left of them where a sound is cut."""

from addon.formats.held_keys import Holds

JAW = [[0.5, 0.2], [1.0, 0.7], [2.0, 0.1]]
HELD = Holds({"jawOpen": [JAW, [[3.0, 0.4]]], "cheekPuff": [[[0.0, 0.3], [0.25, 0.3]]]}, (("Key", "path"),))


def test_the_text_reads_as_it_was_written():
    assert Holds.of(HELD.to_text()) == HELD
    assert Holds.of("") == Holds() and Holds().to_text() == ""
    assert HELD.span == (0.0, 3.0)


def test_a_whole_sound_has_them_as_they_are():
    assert HELD.after(0.0) == HELD.curves


def test_what_ends_before_the_cut_is_gone_and_what_crosses_it_gets_a_key_there():
    assert HELD.after(1.5) == {"jawOpen": [[[0.0, 0.4], [0.5, 0.1]], [[1.5, 0.4]]]}
    assert HELD.after(1.0) == {"jawOpen": [[[0.0, 0.7], [1.0, 0.1]], [[2.0, 0.4]]]}
    assert HELD.after(3.0) == {"jawOpen": [[[0.0, 0.4]]]}
    assert HELD.after(3.5) == {}
