# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds are read once each, here and by processes that are ready; what those cannot read is said here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batches import voices_in
from mien.audio.speech import SpeechError
from mien.batch import sounds as module
from mien.batch.sounds import AT_ONCE, Key, read_sound, read_sounds, reading

LIMIT_S = 60.0


class There:
    """Readers whose calls are made here; `calls` has their keys. `ends`: each fails, as where a process has ended."""

    jobs = 2

    def __init__(self, ends: bool = False) -> None:
        self.calls: list[list[Key]] = []
        self._ends = ends

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if arguments:
            self.calls.append(arguments[0])
            if self._ends:
                raise RuntimeError("the process ended")
        return function(*arguments)


class Late(There):
    """Readers that are never there."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        threading.Event().wait(60)


@pytest.fixture
def keys(tmp_path: Path) -> list[Key]:
    return [(path, None) for path in sorted(voices_in(tmp_path / "voices", 20).iterdir())]


@pytest.mark.parametrize("readers", [None, There(), There(ends=True), Late()])
def test_every_sound_is_read_wherever_it_is(keys: list[Key], readers: There | None) -> None:
    with reading(keys, LIMIT_S, readers) as sounds:
        assert list(sounds) == keys
        assert [sounds[key].result() for key in keys] == [read_sound(key, LIMIT_S) for key in keys]


def test_processes_take_several_at_a_time_and_none_twice(keys: list[Key], monkeypatch) -> None:
    there, gate = There(), threading.Event()
    whole = read_sound

    def held(key: Key, limit_s: float) -> module.Sound:
        if threading.current_thread().daemon:  # those of the processes
            return whole(key, limit_s)
        gate.wait(60)
        return whole(key, limit_s)

    monkeypatch.setattr(module, "read_sound", held)
    with reading(keys, LIMIT_S, there) as sounds:
        [sounds[key].result() for key in keys[1:]]  # the first is held here
        gate.set()
        sounds[keys[0]].result()
    asked = [key for call in there.calls for key in call]
    assert sorted(asked) == keys[1:] and max(map(len, there.calls)) == AT_ONCE


def test_what_cannot_be_read_there_is_said_here(keys: list[Key]) -> None:
    keys[3][0].write_bytes(b"RIFF")
    assert read_sounds(keys[2:4], LIMIT_S)[1] is None
    with reading(keys, LIMIT_S, There()) as sounds:
        for key in keys:
            if key is keys[3]:
                with pytest.raises(SpeechError, match=keys[3][0].name):
                    sounds[key].result()
            else:
                assert sounds[key].result()[1] > 0


def test_what_has_not_begun_is_dropped_when_the_plan_is_left(keys: list[Key], monkeypatch) -> None:
    read: list[Key] = []
    monkeypatch.setattr(module, "read_sound", lambda key, limit_s: read.append(key) or threading.Event().wait(0.05))
    with pytest.raises(KeyboardInterrupt), reading(keys, LIMIT_S):
        raise KeyboardInterrupt
    assert len(read) < len(keys)
