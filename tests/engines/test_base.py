# SPDX-License-Identifier: GPL-3.0-or-later
from mien.engines.base import EngineInfo, part


def test_styles_that_count_up_are_said_as_a_range() -> None:
    def said(*styles: str) -> str:
        return EngineInfo("x", "1", (), styles, "").styles_in_words

    assert said("default", "s-01", "s-02", "s-03", "clear") == "default, s-01 to s-03, clear"
    assert said("M003", "M005", "M007", "W009", "W011") == "M003, M005, M007, W009, W011"
    assert said("a", "s-1", "s-2") == "a, s-1, s-2"


def test_a_part_of_the_work_is_a_part_of_the_progress() -> None:
    seen: list[tuple[float, str]] = []
    progress = part(lambda fraction, stage: seen.append((fraction, stage)), 1, 4)
    progress(0.0, "begins")
    progress(1.0, "ends")
    assert seen == [(0.25, "begins"), (0.5, "ends")]
