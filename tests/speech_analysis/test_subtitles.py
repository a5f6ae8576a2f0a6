# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.speech_analysis.subtitles import Cue, cues_of, spoken

SRT = """1
00:00:00,000 --> 00:00:03,500
<i>And Mister</i> John
Dashwood

2
00:00:03,500 --> 01:00:07,100
{\\an8}to consider &amp; do.
"""
VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE
not said

intro
00:00.000 --> 00:03.500 align:start position:10%
<v.loud Anna>And <c.red>Mister</c> <00:00:01.000>John
Dashwood</v>

00:03.500 --> 01:00:07.100
[music] (laughs) to consider &amp; do. ♪
"""
CUES = (Cue("And Mister John Dashwood", 0.0, 3.5), Cue("to consider & do.", 3.5, 3607.1))


@pytest.mark.parametrize("text", [SRT, VTT])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_subtitles_give_what_is_said_and_when(text: str, end: str, mark: str) -> None:
    assert cues_of(mark + text.replace("\n", end)) == CUES


def test_subtitles_need_no_empty_lines_and_no_order() -> None:
    close = "2\n00:00:02.5 --> 00:00:04\nno fraction"
    packed = "1\n00:00:03,000 --> 00:00:04,000\nlater\n2\n00:00:01,000 --> 00:00:02,000\nearlier"
    assert cues_of(packed) == (Cue("earlier", 1, 2), Cue("later", 3, 4))
    assert cues_of(close) == (Cue("no fraction", 2.5, 4),)
    assert cues_of("1\n00:00:04,000 --> 00:00:03,000\nback in time\n") == ()


def test_speakers_and_dashes_of_subtitles_are_not_said() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n- ANNA: Hello there.\n- MR. B: Well: yes.\n"
    assert cues_of(text)[0].text == "Hello there. Well: yes."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("just words", "just words"),
        ("<speak><prosody rate='slow'>Hello</prosody> <break time=\"1s\"/>you</speak>", "Hello you"),
        ("<speak><desc>a cough</desc>Hello <sub alias='World Wide Web'>WWW</sub></speak>", "Hello World Wide Web"),
        ("Hello <!-- not said --> you", "Hello you"),
        ("[happy .6] Hello [pause] you", "Hello you"),
        ("*Never* say two * three * four", "Never say two * three * four"),
        ("if a < b and b > a (so)", "if a < b and b > a (so)"),
        ("\u202bוהיה\u202c so\u00adft\u200b", "והיה soft"),
        ("<b></b>", ""),
    ],
)
def test_tags_are_not_said(text: str, said: str) -> None:
    assert spoken(text) == said or "".join(cue.text for cue in cues_of(text)) == said
    assert cues_of(text) == ((Cue(said),) if said else ())
