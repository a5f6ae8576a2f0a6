# SPDX-License-Identifier: GPL-3.0-or-later
"""What every engine is: a name with what it can do, and speech + direction -> take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mien.direction import Direction
from mien.speech import Speech
from mien.take import Take

Progress = Callable[[float, str], None]
"""Called with the fraction done (0..1) and the stage in words; may raise Cancelled to stop the work."""


class Cancelled(Exception):
    """Raised by a Progress callback: whoever asked no longer wants the result."""


class EngineError(ValueError):
    """The engine cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class EngineInfo:
    name: str
    version: str
    emotions: tuple[str, ...]
    styles: tuple[str, ...]
    licence: str  # of what the engine makes: code, weights and head together
    device: str = "cpu"
    missing: tuple[str, ...] = ()  # what has to be installed or imported first, a sentence each
    hidden: bool = False  # for tests; not offered to users


class Engine(Protocol):
    info: EngineInfo

    def load(self, device: str) -> None:
        """Get ready on 'cpu', 'cuda' or 'auto' (the engine's best); a second call costs nothing.

        EngineError when something is missing.
        """

    def generate(self, speech: Speech, direction: Direction, progress: Progress) -> Take:
        """A take at the engine's own rate; the same request gives the same bytes. EngineError, Cancelled."""


def no_progress(fraction: float, stage: str) -> None:
    """For callers who do not want to know."""
