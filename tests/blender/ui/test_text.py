# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrapped text. Its look is tested in tests/blender/gui."""

from addon.ui.text import wrap


def test_sentences_are_broken_between_words():
    assert wrap("one two three four", 9, len) == ["one two", "three", "four"]


def test_a_word_that_is_too_long_has_a_line_of_its_own():
    assert wrap("a /very/long/path b", 6, len) == ["a", "/very/long/path", "b"]


def test_nothing_is_no_lines():
    assert wrap("  ", 10, len) == []
