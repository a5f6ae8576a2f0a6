# SPDX-License-Identifier: GPL-3.0-or-later
import codecs

import pytest

from addon.formats.subtitles import SubtitleError, moved, read_text

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n01:00:03.5 --> 01:00:04\nyou\n"


def test_times_are_moved_and_words_stay():
    assert moved(SRT, lambda second: second + 0.25) == (
        "1\n00:00:01.250 --> 00:00:02.750\nHello\n\n2\n01:00:03.750 --> 01:00:04.250\nyou\n"
    )
    assert moved("no --> times 1:2", lambda second: 0.0) == "no --> times 1:2"
    assert moved(SRT, lambda second: second - 10).startswith("1\n00:00:00.000 --> 00:00:00.000\nHello")
    assert moved("00:01.000 --> 00:02.000 align:start\nHi", lambda second: 2 * second) == (
        "00:00:02.000 --> 00:00:04.000 align:start\nHi"
    )


@pytest.mark.parametrize(
    ("mark", "coding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_text_is_read_in_its_coding(tmp_path, mark, coding):
    (tmp_path / "line.srt").write_bytes(mark + "Größe あ".encode(coding))
    assert read_text(tmp_path / "line.srt") == "Größe あ"


@pytest.mark.parametrize("data", ["Größe".encode("cp1252"), b"a\0b"])
def test_what_is_no_text_is_refused(tmp_path, data):
    (tmp_path / "line.srt").write_bytes(data)
    with pytest.raises(SubtitleError, match=r"'line.srt' is not UTF-8 text: save it as UTF-8"):
        read_text(tmp_path / "line.srt")
