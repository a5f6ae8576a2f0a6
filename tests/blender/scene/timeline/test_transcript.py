# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from addon.scene import lines, retiming
from addon.scene.sound import SoundError
from addon.scene.timeline import transcript

SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"


@pytest.fixture
def line(toy_head, voice, tmp_path):
    (tmp_path / "line.srt").write_text(SRT, "utf-16")
    line = lines.add(toy_head, str(voice), 1)
    line.transcript = str(tmp_path / "line.srt")
    return line


def test_a_text_is_said_as_it_is(toy_head, line):
    line.transcript = "  Hello, gone.srt "
    assert transcript.of_line(line) == "Hello, gone.srt"


def test_subtitles_have_the_clock_of_the_sound_that_is_sent(toy_head, line):
    assert transcript.of_line(line) == "1\n00:00:01.000 --> 00:00:02.000\nHello"
    line.trim_start, line.sound_offset = 0.5, 0.25
    assert transcript.of_line(line) == "1\n00:00:00.750 --> 00:00:01.750\nHello"
    line.retiming = retiming.to_text(((0.0, 0.0), (4.0, 2.0)))
    assert transcript.of_line(line) == "1\n00:00:01.750 --> 00:00:03.750\nHello"


def test_a_file_that_is_no_text_is_refused(toy_head, line, tmp_path):
    (tmp_path / "line.srt").write_bytes(b"\xff\x00\xd8")
    with pytest.raises(SoundError, match="'line.srt' is not UTF-8 text"):
        transcript.of_line(line)


def test_a_map_survives_its_text():
    assert retiming.from_text(retiming.to_text(((0.0, 0.0), (1.5, 1 / 3)))) == ((0.0, 0.0), (1.5, 0.333333))
    assert retiming.to_text(()) == "" and retiming.from_text("") == () == retiming.from_text("! It cannot be read.")
