# SPDX-License-Identifier: GPL-3.0-or-later
"""What every engine is: a name with what it can do, and speech + direction -> take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.errors import MISSING, STOPPED, MienError
from mien.take import Take

if TYPE_CHECKING:
    from mien.heads.flame import Flame

OWN_LICENCE = "GPL-3.0-or-later; takes are yours to use, paid work included"  # of what Mien trained or wrote

Progress = Callable[[float, str], None]
"""Called with the fraction done (0..1) and the stage in words; may raise Cancelled to stop the work."""


class Cancelled(MienError):
    """Raised by a Progress callback: whoever asked no longer wants the result."""

    exit_status = STOPPED


class EngineError(MienError, ValueError):
    """The engine cannot do what was asked; the message says why and what to do."""


class EngineMissing(EngineError):
    """Something has to be installed or imported before the engine can work."""

    exit_status = MISSING


@dataclass(frozen=True)
class Missing:
    """`sentence`: what has to be installed or imported first, where to get it and under which licence; `page`: the
    address of that, or empty."""

    sentence: str
    page: str = ""


def nothing() -> tuple[Missing, ...]:
    """For an engine that brings all it needs."""
    return ()


def never(flame: Flame) -> bool:
    """For an engine of one head."""
    return False


@dataclass(frozen=True)
class EngineInfo:
    name: str
    version: str
    emotions: tuple[str, ...]
    styles: tuple[str, ...]
    licence: str  # of what the engine makes: code, weights and head together
    device: str = "cpu"
    missing: Callable[[], tuple[Missing, ...]] = nothing  # looked for at each call: a user may bring it meanwhile
    follows: tuple[str, ...] = ()  # which of the fields `direction.SPECIAL`
    head: str = "mien"  # what it moves: the channels of Mien's head, or the vertices of another
    poses: Callable[[Flame], bool] = never  # whether it moves this FLAME by numbers of its own, where that is asked
    hidden: bool = False  # for tests; not offered to users

    @property
    def styles_in_words(self) -> str:
        """All styles, those that count up as a range: 'default, clear, speaker-01 to speaker-32'."""
        said: list[str] = []
        for stem, names in groupby(self.styles, lambda name: name.rstrip("0123456789")):
            of_stem = list(names)
            numbers = [int(name[len(stem) :] or -1) for name in of_stem]
            counting = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            said += [f"{of_stem[0]} to {of_stem[-1]}"] if counting else of_stem
        return ", ".join(said)

    @property
    def refusal(self) -> str:
        """Why the engine cannot work yet and what to do, in words; empty when it can."""
        missing = " ".join(each.sentence for each in self.missing())
        return f"The engine {self.name} cannot work yet. {missing}" if missing else ""


class Engine(Protocol):
    info: EngineInfo

    def load(self, device: str) -> None:
        """Get ready on 'cpu', 'cuda' or 'auto' (the engine's best); a second call costs nothing.

        EngineError when something is missing.
        """

    def generate(self, speech: Speech, direction: Direction, progress: Progress) -> Take:
        """A take at the engine's own rate; the same request gives the same bytes. EngineError, Cancelled."""

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        """One for each seed, each as `generate` makes it; what they have in common, as hearing, is done once."""


class HeardOnce:
    """`generate` of an engine that hears the sound once for all its `takes`."""

    def generate(self, speech: Speech, direction: Direction, progress: Progress) -> Take:
        return next(self.takes(speech, direction, [direction.seed], progress))


class OneByOne:
    """`takes` of an engine whose takes have nothing in common."""

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        for i, seed in enumerate(seeds):
            yield self.generate(speech, direction.with_seed(seed), part(progress, i, len(seeds)))


def part(progress: Progress, number: int, of: int) -> Progress:
    """Progress of one of so many equal parts of the work."""
    return lambda fraction, stage: progress((number + fraction) / of, stage)


def only_on_processor(info: EngineInfo, device: str) -> None:
    """For a network so small that 'auto' is the processor: EngineError for any other device."""
    if device not in ("cpu", "auto"):
        raise EngineError(f"{info.name} runs on the processor, {device!r} was asked for; ask for 'auto'.")


def no_progress(fraction: float, stage: str) -> None:
    """For callers who do not want to know."""
