# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a bake or a dry run: one entry a line, as text, JSON and a sentence. No bpy."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

STATES = {
    "made": "made",
    "fresh": "up to date",
    "due": "to be made",
    "skipped": "skipped",
    "cancelled": "cancelled",
    "failed": "failed",
}
FORMAT = "mien.report"
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One line of one speaker. state: a key of STATES. why: a sentence on the reason, or ''."""

    scene: str
    speaker: str
    line: str
    uid: int
    state: str
    why: str = ""
    take: str = ""  # the name of the active take, '' without one
    seed: int = 0
    start_frame: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """Identifies the line in the file."""
        return self.speaker, self.uid


@dataclass(frozen=True)
class Report:
    """entries: in the order of scenes, speakers and lines. error: why a bake ended early, or ''."""

    file: str
    entries: tuple[Entry, ...]
    backend: str = ""  # a sentence on the backend, '' where none was contacted
    seconds: float = 0.0
    error: str = ""

    def of(self, state: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.state == state)

    @property
    def counts(self) -> dict[str, int]:
        """state -> its number of lines, where there are any."""
        return {state: count for state in STATES if (count := len(self.of(state)))}

    @property
    def whole(self) -> bool:
        """Whether no line is due, failed or cancelled."""
        return not self.error and not {"due", "failed", "cancelled"} & self.counts.keys()

    @property
    def sentence(self) -> str:
        if not self.entries:
            return self.error or "There are no lines: give a speaker a sound first."
        counts = ", ".join(f"{count} {STATES[state]}" for state, count in self.counts.items())
        count = len(self.entries)
        text = f"{count} line{'s' if count != 1 else ''}: {counts}."
        return f"{text} {self.error}" if self.error else text

    def lines(self) -> Iterator[str]:
        """Text for a terminal: a line for each entry, then the sentence."""
        for entry in self.entries:
            why = f": {entry.why}" if entry.why else ""
            yield f"{entry.scene} / {entry.speaker} / {entry.line}  {STATES[entry.state]}{why}"
        yield self.sentence

    def as_json(self) -> dict[str, Any]:
        """The JSON of `--json`."""
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
