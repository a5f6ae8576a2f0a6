# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

from mien.engines.base import part
from mien.engines.toy import INFO


def test_numbered_styles_are_named_as_a_range() -> None:
    def in_words(*styles: str) -> str:
        return replace(INFO, styles=styles).styles_in_words

    assert in_words("default", "s-01", "s-02", "s-03", "clear") == "default, s-01 to s-03, clear"
    assert in_words("M003", "M005", "M007", "W009", "W011") == "M003, M005, M007, W009, W011"
    assert in_words("a", "s-1", "s-2") == "a, s-1, s-2"


def test_a_part_of_the_work_is_a_part_of_the_progress() -> None:
    reports: list[tuple[float, str]] = []
    progress = part(lambda fraction, stage: reports.append((fraction, stage)), 1, 4)
    progress(0.0, "begins")
    progress(1.0, "ends")
    assert reports == [(0.25, "begins"), (0.5, "ends")]
