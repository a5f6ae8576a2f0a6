# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the lines of a file, or what is due: one entry a line, as text, JSON and a sentence. No bpy."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

STATES = {
    "made": "made",
    "fresh": "up to date",
    "due": "to be made",
    "skipped": "skipped",
    "cancelled": "not made any more",
    "failed": "failed",
}
FORMAT = "mien.report"
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One line of one speaker. state: a name of STATES. why: a sentence; '' where there is nothing to say."""

    scene: str
    speaker: str
    line: str
    uid: int
    state: str
    why: str = ""
    take: str = ""  # the name of the take that is seen, '' without one
    seed: int = 0
    start_frame: int = 0

    @property
    def place(self) -> tuple[str, int]:
        """Which line of the file this is."""
        return self.speaker, self.uid


@dataclass(frozen=True)
class Report:
    """entries: in the order of scenes, speakers and lines. error: what ended a bake before its end, or ''."""

    file: str
    entries: tuple[Entry, ...]
    backend: str = ""  # a sentence on the backend that was asked, '' if none was
    seconds: float = 0.0
    error: str = ""

    def of(self, state: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.state == state)

    @property
    def counts(self) -> dict[str, int]:
        """state -> how many lines are in it, those without any left out."""
        return {state: count for state in STATES if (count := len(self.of(state)))}

    @property
    def whole(self) -> bool:
        """Whether every line is as it should be; what is due, failed or cancelled is not."""
        return not self.error and not {"due", "failed", "cancelled"} & self.counts.keys()

    @property
    def sentence(self) -> str:
        if not self.entries:
            return self.error or "There are no lines: give a speaker a sound first."
        told = ", ".join(f"{count} {STATES[state]}" for state, count in self.counts.items())
        count = len(self.entries)
        said = f"{count} line{'s' if count != 1 else ''}: {told}."
        return f"{said} {self.error}" if self.error else said

    def lines(self) -> Iterator[str]:
        """For a terminal: a line for each entry, then the sentence."""
        for entry in self.entries:
            why = f": {entry.why}" if entry.why else ""
            yield f"{entry.scene} / {entry.speaker} / {entry.line}  {STATES[entry.state]}{why}"
        yield self.sentence

    def as_json(self) -> dict[str, Any]:
        """What `--json` writes: numbers, texts and lists, no references."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "file": self.file,
            "backend": self.backend,
            "seconds": round(self.seconds, 3),
            "error": self.error,
            "whole": self.whole,
            "counts": self.counts,
            "lines": [asdict(entry) for entry in self.entries],
        }
