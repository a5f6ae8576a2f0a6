# SPDX-License-Identifier: GPL-3.0-or-later
"""The sounds of a plan are read: here by threads, and by processes that are started for the work and have none yet.

What is read of a sound is small; whoever makes something of it reads it again, so that no memory holds all of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from mien.audio.speech import read_speech

Key = tuple[Path, int | None]
"""A file, and which of its tracks."""
Sound = tuple[str, int, str]
"""sha256 and number of the samples, and the reading as JSON."""
READERS = 2  # threads; the decoder and the meter of loudness let others run, the rest of the reading does not
AT_ONCE = 8  # sounds that a process is asked for


class Readers(Protocol):
    """Processes that read, too: `StartedPool`."""

    @property
    def jobs(self) -> int:
        """How many there are."""
        ...

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a call returns in one of them. Waits until they are there; any exception where they are not."""
        ...


def read_sound(key: Key, limit_s: float) -> Sound:
    """What a request has to know of a sound. SpeechError."""
    speech = read_speech(key[0], limit_s=limit_s, track=key[1])
    return speech.sha256, len(speech.samples), speech.reading.to_json()


def read_sounds(keys: Sequence[Key], limit_s: float) -> list[Sound | None]:
    """Several; None for what cannot be read."""
    return [_or_none(key, limit_s) for key in keys]


def _or_none(key: Key, limit_s: float) -> Sound | None:
    try:
        return read_sound(key, limit_s)
    except Exception:  # who asked reads it again, and has the error itself
        return None


@contextmanager
def reading(keys: Iterable[Key], limit_s: float, readers: Readers | None = None) -> Iterator[Mapping[Key, Future]]:
    """The `Sound` of each key as a future, read in their order, each once. Those that have not begun are dropped when
    the block is left."""
    plan = _Reading(keys, limit_s)
    threads = [threading.Thread(target=plan.here) for _ in range(READERS if readers is None else 1)]
    helpers = []
    if readers is not None:  # which may come when all is read; nobody waits for them
        helpers = [threading.Thread(target=plan.there, args=(readers,), daemon=True) for _ in range(readers.jobs)]
    for thread in (*threads, *helpers):
        thread.start()
    try:
        yield plan.sounds
    finally:
        plan.take(len(plan.sounds))
        for thread in threads:
            thread.join()


class _Reading:
    """What is to be read and what is read; its methods may be called from any thread."""

    def __init__(self, keys: Iterable[Key], limit_s: float) -> None:
        self.sounds: dict[Key, Future] = {key: Future() for key in keys}
        self._waiting, self._lock, self._limit_s = deque(self.sounds), threading.Lock(), limit_s

    def take(self, most: int) -> list[Key]:
        """The next ones, which are nobody else's then."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def here(self) -> None:
        """Read in this thread until there is none left."""
        while keys := self.take(1):
            self._read(keys)

    def there(self, readers: Readers) -> None:
        """Keep one process at work until there is none left."""
        with suppress(Exception):
            readers.call(int)  # waits for it; only then are sounds taken
            while keys := self.take(AT_ONCE):
                self._read_there(readers, keys)

    def _read_there(self, readers: Readers, keys: Sequence[Key]) -> None:
        try:
            found = readers.call(read_sounds, keys, self._limit_s)
        except Exception:  # the process has ended
            self._read(keys)
            raise
        for key, sound in zip(keys, found, strict=True):
            if sound is None:
                self._read([key])
            else:
                self.sounds[key].set_result(sound)

    def _read(self, keys: Sequence[Key]) -> None:
        for key in keys:
            try:
                self.sounds[key].set_result(read_sound(key, self._limit_s))
            except BaseException as error:
                self.sounds[key].set_exception(error)
