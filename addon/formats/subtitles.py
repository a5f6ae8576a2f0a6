# SPDX-License-Identifier: GPL-3.0-or-later
"""Text files with what is said, and subtitles (SubRip, WebVTT) moved to another clock. No bpy."""

import codecs
import re
from collections.abc import Callable
from pathlib import Path

SUFFIXES = (".srt", ".vtt", ".txt")
LARGEST = 16 * 2**20  # bytes
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
CUE = re.compile(rf"^[ \t]*{TIME}[ \t]*-->[ \t]*{TIME}", re.MULTILINE)


class SubtitleError(ValueError):
    """The file holds no text; the message is a sentence."""


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or UTF-32. Raises SubtitleError; OSError where it cannot be read."""
    if path.stat().st_size > LARGEST:
        raise SubtitleError(f"The transcript '{path.name}' has {path.stat().st_size / 2**20:.0f} MiB; it is no text.")
    data = path.read_bytes()
    coding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SubtitleError(f"The transcript '{path.name}' is not UTF-8 text: save it as UTF-8 in a text editor.")
    return text


def moved(text: str, clock: Callable[[float], float]) -> str:
    """The text with the times of its subtitles as `clock` gives them, both in seconds; those before 0 become empty."""

    def cue(match: re.Match) -> str:
        begin, end = (max(0.0, clock(_seconds(match.groups()[at : at + 4]))) for at in (0, 4))
        return f"{_time(begin)} --> {_time(end)}"

    return CUE.sub(cue, text)


def _seconds(fields: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = fields
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")


def _time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
