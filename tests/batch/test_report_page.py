# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html has a player and three curves for each line."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from batch_outcomes import FLAGGED, outcome, report
from mien.batch.report_page import write_page
from mien.batch.run import FAILED


class Page(HTMLParser):
    """Players by id of the line, in order, with what they play; how many curves there are; all text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.players, self.curves, self.words = [], 0, ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        if tag in ("audio", "video"):
            self.players.append((tag, values["aria-label"], unquote(values["src"])))
        self.curves += tag == "polyline"

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_plays_every_line_those_with_faults_first(tmp_path: Path) -> None:
    lines = [
        outcome("fine #1", folder=tmp_path), outcome("film", film=True, folder=tmp_path),
        outcome("bad", folder=tmp_path, **FLAGGED), outcome("lost", FAILED, folder=tmp_path, error="<b>no</b>"),
    ]  # fmt: skip
    (tmp_path / "out").mkdir()
    page = Page(write_page(report(*lines), tmp_path / "out"))
    assert page.players == [
        ("audio", "lost", "../voices/lost.wav"),
        ("audio", "bad", "../voices/bad.wav"),
        ("audio", "fine #1", "../voices/fine #1.wav"),
        ("video", "film", "film.mp4"),
    ]
    assert page.curves == 9 and "<b>no</b>" in page.words and "clipped in 12 places" in page.words
