# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a transcript, which direct from a word on: `[happy .6]` to `[/happy]`, `[pause]`, `[look left]`, `*word*`.

Whatever else stands in square brackets, as captions have it, is no tag and is not said.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from mien.errors import did_you_mean
from mien.speech_analysis.subtitles import BRACKETED, STRESSED, cues_of

LOOKS = ("left", "right", "up", "down", "away", "camera")
SIMPLE = re.compile(r"(/?)([A-Za-z]*)(?:\s+(\d*\.?\d+))?")  # a word, and perhaps a number
MARK = re.compile("\ue000(\\d+)\ue001")  # the place of a tag in a text; of Unicode's private use


@dataclass(frozen=True)
class Tag:
    """kind: 'emotion' (`value` its name, '' where the direction's own comes back), 'pause', 'look' (`value` where to),
    'stress'. `word`: how many words come before it; `until`: of a stress, before its end."""

    kind: str
    word: int
    value: str = ""
    weight: float = 1.0
    until: int = 0


@dataclass(frozen=True)
class TaggedText:
    """`text` without the tags; `notes`: sentences on what looks like a tag and is none."""

    text: str
    tags: tuple[Tag, ...] = ()
    notes: tuple[str, ...] = ()


def read_tags(text: str, emotions: Collection[str]) -> TaggedText:
    """The tags of a transcript, plain or of subtitles, with the names of emotions that may stand in one."""
    found: list[Tag] = []
    notes: list[str] = []

    def bracket(match: re.Match[str]) -> str:
        tag, note = _tag(match[0][1:-1].strip(), emotions)
        if note:
            notes.append(note)
        return match[0] if tag is None else _marked(found, tag)

    def stress(match: re.Match[str]) -> str:
        return f"{_marked(found, Tag('stress', 0))}{match[1]}{_marked(found, Tag('', 0))}"

    marked = STRESSED.sub(stress, BRACKETED.sub(bracket, text))
    if not found:
        return TaggedText(text, (), tuple(notes))
    return TaggedText(MARK.sub(" ", marked).strip(), _placed(marked, found), tuple(notes))


def _marked(found: list[Tag], tag: Tag) -> str:
    found.append(tag)
    return f" \ue000{len(found) - 1}\ue001 "


def _placed(marked: str, found: list[Tag]) -> tuple[Tag, ...]:
    """The tags with their places among the words."""
    tags: list[Tag] = []
    words = 0
    for token in " ".join(cue.text for cue in cues_of(marked)).split():
        mark = MARK.fullmatch(token)
        if mark is None:
            words += 1
            continue
        tag = found[int(mark[1])]
        if tag.kind:
            tags.append(Tag(tag.kind, words, tag.value, tag.weight))
        else:  # the end of the stress before it
            begin = next(number for number in reversed(range(len(tags))) if tags[number].kind == "stress")
            tags[begin] = Tag("stress", tags[begin].word, until=words)
    return tuple(tags)


def _tag(content: str, emotions: Collection[str]) -> tuple[Tag | None, str]:
    """(the tag, a sentence on what is nearly one) of the text between square brackets."""
    simple, parts = SIMPLE.fullmatch(content), content.lower().split()
    if parts == ["pause"]:
        return Tag("pause", 0), ""
    if len(parts) == 2 and parts[0] == "look":
        where = parts[1]
        note = f"The tag [{content}] is not followed; look {', '.join(LOOKS[:-1])} or {LOOKS[-1]}."
        return (Tag("look", 0, where), "") if where in LOOKS else (None, note)
    if simple is None or not parts:
        return None, ""
    ends, name, number = simple[1], simple[2].lower(), simple[3]
    if ends:
        return (Tag("emotion", 0), "") if (not name or name in emotions) and not number else (None, "")
    if name not in emotions:
        meant = did_you_mean(name, list(emotions))
        return None, f"The tag [{content}] is not followed{meant}." if meant else ""
    weight = float(number) if number else 1.0
    if weight > 1.0:
        return None, f"The tag [{content}] is not followed: an emotion has a weight from 0 to 1."
    return Tag("emotion", 0, name, weight), ""
