# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a bake: what it counts, what it says, what scripts read of it."""

import json

from addon.batch.report import Entry, Report


def entry(state: str, line: str = "One", why: str = "") -> Entry:
    return Entry("Scene", "Anna", line, 1, state, why)


def test_a_report_is_whole_when_nothing_is_left_to_do():
    assert Report("", (entry("made"), entry("fresh"), entry("skipped", why="It has no sound yet."))).whole
    for state in ("due", "failed", "cancelled"):
        assert not Report("", (entry("made"), entry(state))).whole
    assert not Report("", (entry("made"),), error="Broken off.").whole


def test_the_sentence_counts_in_a_fixed_order():
    report = Report("", (entry("failed"), entry("made"), entry("made"), entry("fresh")))
    assert report.sentence == "4 lines: 2 made, 1 up to date, 1 failed."
    assert Report("", (entry("due"),)).sentence == "1 line: 1 to be made."
    assert "no lines" in Report("", ()).sentence
    assert Report("", (), error="There is no scene 'X'.").sentence == "There is no scene 'X'."


def test_every_line_has_its_reason():
    counts = list(Report("", (entry("failed", "Two", "There is no sound file 'x.wav'."),)).lines())
    assert counts == ["Scene / Anna / Two  failed: There is no sound file 'x.wav'.", "1 line: 1 failed."]


def test_the_json_is_plain_and_names_its_version():
    report = Report("film.blend", (entry("made"),), "Mien 0.1.0", 1.23456)
    read = json.loads(json.dumps(report.as_json()))
    assert (read["format"], read["version"], read["whole"], read["seconds"]) == ("mien.report", 1, True, 1.235)
    assert read["counts"] == {"made": 1}
    assert read["lines"][0] == {
        "scene": "Scene",
        "speaker": "Anna",
        "line": "One",
        "uid": 1,
        "state": "made",
        "why": "",
        "take": "",
        "seed": 0,
        "start_frame": 0,
    }
