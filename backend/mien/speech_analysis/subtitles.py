# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said in a transcript: plain text, or subtitles (SubRip, WebVTT) with their times, without tags.

WebVTT is W3C's recommendation of 2019; SubRip has no standard, and players read it as here.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
CUE = re.compile(rf"^[ \t]*{TIME}[ \t]*-->[ \t]*{TIME}.*$", re.MULTILINE)
TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>|<!--.*?-->|<\?.*?\?>|\{\\[^{}]*\}", re.DOTALL)  # HTML, SSML, VTT; ASS in SRT
SILENT_TAG = re.compile(r"<(script|style|desc|metadata)\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)
ALIAS = re.compile(r"<sub\b[^>]*\balias\s*=\s*(\"[^\"]*\"|'[^']*')[^>]*>.*?</sub>", re.DOTALL | re.IGNORECASE)
BRACKETED = re.compile(r"\[[^\[\]]*\]")  # [music], and what a direction writes into a text
STRESSED = re.compile(r"(?<![\w*])\*([^\s*](?:[^*\n]{0,80}[^\s*])?)\*(?![\w*])")  # *word*: its stars are not said
ASIDE = re.compile(r"\([^()]*\)|[♪♫#]+")  # (laughs), in subtitles
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")  # directions, breaks
SPEAKER = re.compile(r"^(?:-\s*)?(?:[A-Z][A-Z .'0-9]{1,30}:\s+)?", re.MULTILINE)


@dataclass(frozen=True)
class Cue:
    """What is said from `begin` to `end`, seconds of the sound; both None where the text has no times."""

    text: str
    begin: float | None = None
    end: float | None = None


def cues_of(text: str) -> tuple[Cue, ...]:
    """The cues of a transcript in their order; one without times for plain text. None is empty."""
    text = INVISIBLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    marks = list(CUE.finditer(text))
    if not marks:
        said = spoken(text)
        return (Cue(said),) if said else ()
    cues = []
    for number, mark in enumerate(marks):
        until = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        body = re.split(r"\n[ \t]*\n", text[mark.end() : until], maxsplit=1)[0]
        if number + 1 < len(marks):  # the number of the next cue, where no empty line is before it
            body = re.sub(r"\n[ \t]*\d+[ \t]*\n?$", "\n", body)
        said = spoken(SPEAKER.sub("", ASIDE.sub(" ", _untagged(body)).strip()))
        begin, end = _seconds(mark.groups()[:4]), _seconds(mark.groups()[4:])
        if said and end > begin:
            cues.append(Cue(said, begin, end))
    return tuple(sorted(cues, key=lambda cue: cue.begin or 0.0))


def spoken(text: str) -> str:
    """The text without tags, stars of stressed words and what stands in square brackets, its white space single."""
    return " ".join(STRESSED.sub(r"\1", BRACKETED.sub(" ", _untagged(text))).split())


def _untagged(text: str) -> str:
    text = ALIAS.sub(lambda match: match[1][1:-1], SILENT_TAG.sub(" ", text))
    return html.unescape(TAG.sub(" ", text))


def _seconds(fields: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = fields
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")
