# SPDX-License-Identifier: GPL-3.0-or-later
"""The Engine protocol, and `EngineInfo`: all that the rest of Mien knows of an engine without loading it.

Neither NumPy nor PyTorch is imported here: the command line lists engines before anything is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mien.errors import MISSING, STOPPED, MienError

if TYPE_CHECKING:
    from torch.nn import Module

    from mien.audio.speech import Speech
    from mien.direction import Direction
    from mien.files.card import Licence
    from mien.heads.default import Head
    from mien.heads.flame import Flame
    from mien.take import Take

OWN_LICENCE = "GPL-3.0-or-later; takes are yours to use, paid work included"  # of what Mien trained or wrote

Progress = Callable[[float, str], None]
"""Called with the fraction done (0..1) and the stage in words; may raise Cancelled to stop the work."""


class Cancelled(MienError):
    """Raised by a Progress callback: the result is no longer wanted."""

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


@dataclass(frozen=True)
class UserModel:
    """Weights of an engine that the user imports or trains; a row of `mien models`.

    `path` lies in the data folder; `missing` says, given that folder, what has to be done before they work. Of those
    that are imported, `find` is the import that a file or folder of the user's holds, or None; `files` and `owner` are
    for messages, like '.ckpt' and 'ProbTalk3D'.
    """

    name: str
    description: str
    licence: str
    path: Path
    missing: Callable[[Path], tuple[Missing, ...]]
    find: Callable[[Path], Import | None] | None = None
    files: str = ""
    owner: str = ""


class Import(Protocol):
    """A model in a user's download, not yet converted. `licence` has to be accepted before."""

    @property
    def licence(self) -> Licence: ...

    @property
    def files(self) -> tuple[Path, ...]: ...

    def convert(self, data_folder: Path, progress: Progress = ...) -> tuple[Path, bool]:
        """Convert into the data folder: (the file there, whether it is new). The same again changes nothing.
        HeadError or EngineError, in words, and then nothing has changed."""
        ...


def nothing_missing() -> tuple[Missing, ...]:
    """For an engine that needs nothing from outside."""
    return ()


def poses_no_flame(flame: Flame) -> bool:
    """For an engine of the default head."""
    return False


def no_networks() -> tuple[Module, ...]:
    """For an engine without weights."""
    return ()


@dataclass(frozen=True)
class EngineInfo:
    """An engine described without loading it; `mien models`, `doctor`, `bench`, `evaluate emotion`, the service and
    the panel read nothing else."""

    name: str
    version: str
    emotions: tuple[str, ...]
    styles: tuple[str, ...]
    licence: str  # of what the engine makes: code, weights and head together
    create: Callable[[], Engine]  # makes one, not loaded; imports the engine's module
    description: str = ""  # for `mien models`: what the weights do, in words
    device: str = "cpu"
    missing: Callable[[], tuple[Missing, ...]] = nothing_missing  # checked at each call: a user may import it meanwhile
    supports: tuple[str, ...] = ()  # which of `direction.OPTIONAL_FIELDS`
    head: str = "mien"  # what it moves: the channels of the default head, or the vertices of another
    poses_flame: Callable[[Flame], bool] = poses_no_flame  # whether it moves this FLAME by FLAME's own parameters
    weights: Path | None = None  # that ship, with NAME.card.json beside them
    read_networks: Callable[[], Iterable[Module]] = no_networks  # of `weights`; EngineError for a damaged file
    user_model: UserModel | None = None
    batch_size: int = 1  # takes of one sound that the service asks for in one call; 1: they share no work
    hidden: bool = False  # for tests; not offered to users

    @property
    def card(self) -> Path | None:
        """Source, licence and sha256 of the weights that ship."""
        return None if self.weights is None else self.weights.with_suffix(".card.json")

    @property
    def user_folder(self) -> Path | None:
        """Within the data folder: where the user's own weights lie."""
        return None if self.user_model is None else self.user_model.path.parent

    @property
    def styles_in_words(self) -> str:
        """All styles, numbered ones as a range: 'default, clear, speaker-01 to speaker-32'."""
        words: list[str] = []
        for stem, group in groupby(self.styles, lambda name: name.rstrip("0123456789")):
            names = list(group)
            numbers = [int(name[len(stem) :] or -1) for name in names]
            numbered = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            words += [f"{names[0]} to {names[-1]}"] if numbered else names
        return ", ".join(words)

    @property
    def refusal(self) -> str:
        """Why the engine cannot work yet and what to do, in words; empty when it can."""
        missing = " ".join(each.sentence for each in self.missing())
        return f"The engine {self.name} cannot work yet. {missing}" if missing else ""


class Engine(Protocol):
    @property
    def info(self) -> EngineInfo: ...

    def load(self, device: str) -> None:
        """Get ready on 'cpu', 'cuda' or 'auto' (the engine's best); a second call costs nothing.

        EngineError when something is missing.
        """
        ...

    def generate(
        self, speech: Speech, direction: Direction, progress: Progress, head: Head | Flame | None = None
    ) -> Take:
        """A take at the engine's own rate; the same request gives the same bytes. EngineError, Cancelled.

        `head` is what the take moves: None is the head that `info.head` names, a FLAME is possible where that is
        'flame' or `info.poses_flame(head)`.
        """
        ...

    def takes(
        self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress,
        head: Head | Flame | None = None,
    ) -> Iterator[Take]:  # fmt: skip
        """A take for each seed, as `generate` makes it; work that they share, as the analysis, is done once."""
        ...


class PerSeed:
    """`takes` of an engine whose takes share no work."""

    def generate(
        self, speech: Speech, direction: Direction, progress: Progress, head: Head | Flame | None = None
    ) -> Take:
        """As `Engine.generate`."""
        raise NotImplementedError

    def takes(
        self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress,
        head: Head | Flame | None = None,
    ) -> Iterator[Take]:  # fmt: skip
        """As `Engine.takes`, one after the other."""
        for i, seed in enumerate(seeds):
            yield self.generate(speech, direction.with_seed(seed), part(progress, i, len(seeds)), head)


def part(progress: Progress, index: int, count: int) -> Progress:
    """Progress of part `index` of `count` equal parts of the work."""
    return lambda fraction, stage: progress((index + fraction) / count, stage)


def only_on_processor(info: EngineInfo, device: str) -> None:
    """For a network so small that 'auto' is the processor: EngineError for any other device."""
    if device not in ("cpu", "auto"):
        raise EngineError(f"{info.name} runs on the processor, {device!r} was asked for; ask for 'auto'.")


def no_progress(fraction: float, stage: str) -> None:
    """For callers who do not want to know."""
