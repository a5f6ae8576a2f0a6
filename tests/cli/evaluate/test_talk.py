# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate talk`: clips in parts, and a page without marks."""

from fractions import Fraction

import numpy as np
from mien.cli.evaluate.talk import _parts
from mien.cli.main import main


def test_a_clip_is_cut_into_parts_by_their_times() -> None:
    shown = [(Fraction(i, 5), np.full((1, 1, 3), i)) for i in range(13)]
    parts = _parts("clip", shown, 1.0)
    assert [name for name, _ in parts] == ["clip, 0.0 s", "clip, 1.0 s", "clip, 2.0 s"]
    assert [int(pictures[0][0, 0, 0]) for _, pictures in parts] == [0, 5, 10]


def test_a_page_without_marks_is_refused_before_the_work(tmp_path, capsys) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", "utf-8")
    assert main(["evaluate", "talk", str(tmp_path / "none.png"), "--page", str(page)]) != 0
    assert "mien:" in capsys.readouterr().err
