# SPDX-License-Identifier: GPL-3.0-or-later
"""Soak: an hour or so of mixed load by several clients, and whether the backend's memory and file handles grow.

Four clients act at a limited rate: short sounds, the same take again, the same take twice at once, cancels, refusals,
and connections closed in the middle. Every 10 s they pause, and the processes are measured.
"""

from __future__ import annotations

import json
import random
import socket
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE
from mien.benchmarks.service_client import Client, UnexpectedReply, form, wav
from mien.benchmarks.service_process import Size, backend_process
from mien.files.markdown import table as markdown_table
from mien.files.markdown import write_section
from mien.service.network.connection import NoBackend

EVERY_S = 10.0  # between two measurements
SETTLE_S = 1.0  # from the last reply to the measurement: the backend notices closed connections meanwhile
CLIENTS = 4
WARM = 0.1  # the share of the time after which the backend is warm
MEDIAN_OF = 6  # measurements whose median is the size at the begin and at the end
GROWTH = 1.10  # of memory, below which it counts as noise
REPEATABLE = 50  # sounds that are sent again
CACHE = 16 << 20  # bytes, so that takes are evicted, too
LENGTHS_S = 1.0, 3.0  # of the sounds
TIMES = "once warm", "at the end", "greatest"


@dataclass(frozen=True)
class Growth:
    """Resident bytes or handles of one process: medians of the first measurements once it was warm and of the last
    ones, and the greatest."""

    begin: float
    end: float
    greatest: float


@dataclass(frozen=True)
class Soak:
    """How often each action was `done`; replies that were not as promised; memory and handles by process."""

    seconds: float
    done: dict[str, int]
    faults: list[str]
    measurements: int
    bytes: dict[str, Growth]
    handles: dict[str, Growth]

    @property
    def grew(self) -> list[str]:
        """Sentences for what grew."""
        memory = [
            f"the {kind}'s memory grew from {_mb(size.begin)} to {_mb(size.end)}"
            for kind, size in self.bytes.items()
            if size.end > GROWTH * size.begin
        ]
        return memory + [
            f"the {kind}'s file handles grew from {count.begin:.0f} to {count.end:.0f}"
            for kind, count in self.handles.items()
            if count.end > count.begin
        ]


@dataclass
class Load:
    """What the clients share. `voice`: samples at 16 kHz of which every sound is a piece."""

    port: int
    voice: np.ndarray
    engine: str
    known: deque[tuple[bytes, dict[str, str]]] = field(default_factory=lambda: deque(maxlen=REPEATABLE))

    def new(self, chance: random.Random) -> tuple[bytes, dict[str, str]]:
        """A sound that was not sent before, with its fields."""
        length = int(chance.uniform(*LENGTHS_S) * RATE)
        start = chance.randrange(max(len(self.voice) - length, 1))
        direction = {"seed": chance.randrange(2**31), "emotion": {"happy": round(chance.random(), 3)}}
        return wav(self.voice[start : start + length]), {"engine": self.engine, "direction": json.dumps(direction)}

    def old(self, chance: random.Random) -> tuple[bytes, dict[str, str]]:
        """One that was, or a new one while there is none."""
        return chance.choice(self.known) if self.known else self.new(chance)


def new_take(load: Load, chance: random.Random) -> None:
    sound, fields = load.new(chance)
    with Client(load.port) as client:
        client.take(sound, **fields)
    load.known.append((sound, fields))


def old_take(load: Load, chance: random.Random) -> None:
    sound, fields = load.old(chance)
    with Client(load.port) as client:
        client.take(sound, **fields)


def twice_at_once(load: Load, chance: random.Random) -> None:
    sound, fields = load.new(chance)

    def take(_: int) -> bytes:
        with Client(load.port) as client:
            return client.take(sound, **fields)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(take, range(2))
    if one != other:
        raise UnexpectedReply("The same request, twice at once, gave two different takes.")


def cancelled(load: Load, chance: random.Random) -> None:
    sound, fields = load.new(chance)
    with Client(load.port) as client:
        url = client.submit(sound, **fields)
        time.sleep(chance.uniform(0, 0.3))
        reply = client.request("DELETE", url)
        if reply.status not in (200, 204):  # it may have been done already
            raise UnexpectedReply(f"DELETE {url} was answered with {reply.status}.")


def leaves_while_sending(load: Load, chance: random.Random) -> None:
    body, kind = form(*load.new(chance))
    with closing(socket.create_connection(("127.0.0.1", load.port), 60)) as link:
        link.sendall(_head("POST", "/v1/takes", f"Content-Type: {kind}", f"Content-Length: {len(body)}"))
        link.sendall(body[: chance.randrange(len(body))])


def leaves_while_watching(load: Load, chance: random.Random) -> None:
    sound, fields = load.new(chance)
    with Client(load.port) as client:
        url = client.submit(sound, **fields)
    with closing(socket.create_connection(("127.0.0.1", load.port), 60)) as link:
        link.sendall(_head("GET", f"{url}/events"))
        link.recv(1)


def leaves_while_fetching(load: Load, chance: random.Random) -> None:
    sound, fields = load.old(chance)
    with Client(load.port) as client:
        url = client.submit(sound, **fields)
        client.wait(url)
    with closing(socket.create_connection(("127.0.0.1", load.port), 60)) as link:
        link.sendall(_head("GET", f"{url}/result"))
        link.recv(100)


def refused(load: Load, chance: random.Random) -> None:
    sound, fields = load.old(chance)
    body, kind = form(sound, fields)
    wrong, _ = form(sound, fields | {"engine": "magic"})
    broken, _ = form(sound[: chance.randrange(40)], fields)
    status, method, path, sent, headers = chance.choice([
        (403, "GET", "/v1/info", None, {"Host": "evil.example"}),
        (403, "POST", "/v1/takes", body, {"Origin": "http://evil.example", "Content_Type": kind}),
        (404, "GET", "/v1/takes/nobodys", None, {}),
        (405, "PUT", "/v1/info", None, {}),
        (413, "POST", "/v1/takes", bytes(2**20), {"Content_Type": kind, "Content_Length": str(2**40)}),
        (415, "POST", "/v1/takes", b"{}", {"Content_Type": "application/json"}),
        (400, "POST", "/v1/takes", body[20:], {"Content_Type": kind}),
        (422, "POST", "/v1/takes", wrong, {"Content_Type": kind}),
        (422, "POST", "/v1/takes", broken, {"Content_Type": kind}),
        (431, "GET", "/v1/info", None, {f"X_{number}": "x" for number in range(120)}),
    ])  # fmt: skip
    with Client(load.port) as client:
        client.expect(status, method, path, sent, **headers)


def looks(load: Load, chance: random.Random) -> None:
    with Client(load.port) as client:
        client.expect(200, "GET", chance.choice(("/v1/info", "/v1/health", "/v1/metrics", "/v1/openapi.json")))


ACTIONS: dict[Callable[[Load, random.Random], None], float] = {
    new_take: 0.25, old_take: 0.25, twice_at_once: 0.05, cancelled: 0.1, leaves_while_sending: 0.05,
    leaves_while_watching: 0.05, leaves_while_fetching: 0.05, refused: 0.1, looks: 0.1,
}  # fmt: skip


def soak(
    folder: Path,
    voice: np.ndarray,
    seconds: float,
    rate: float,
    engine: str,
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> Soak:
    """Load a backend in `folder` for so long, with `rate` actions a second. `voice` (N,) at 16 kHz. Raises
    BenchError."""
    with backend_process(folder, cache_bytes=CACHE) as backend:
        load, chance, schedule = Load(backend.port, voice, engine), random.Random(seed), _Schedule(rate)
        done: Counter[str] = Counter()
        faults: list[str] = []
        sizes: list[dict[str, Size]] = []
        begin = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as pool:
            while (spent := time.monotonic() - begin) < seconds:
                due = time.monotonic() + min(EVERY_S, seconds - spent)
                clients = [
                    pool.submit(_act, load, random.Random(chance.random()), schedule, due) for _ in range(CLIENTS)
                ]
                for client in clients:
                    names, wrong = client.result()
                    done.update(names)
                    faults += wrong
                time.sleep(SETTLE_S)
                sizes.append(backend.sizes())
                say(_line(time.monotonic() - begin, sizes[-1], done, faults))
    return Soak(time.monotonic() - begin, dict(done), faults, len(sizes), *growth(sizes))


def growth(sizes: Sequence[dict[str, Size]]) -> tuple[dict[str, Growth], dict[str, Growth]]:
    """Memory and handles by process over many measurements, without those of the warm-up."""
    warm = sizes[int(WARM * len(sizes)) :]
    kinds = [kind for kind in ("server", "worker", "decoder") if any(kind in size for size in warm)]

    def growth_of(row: list[int]) -> Growth:
        return Growth(statistics.median(row[:MEDIAN_OF]), statistics.median(row[-MEDIAN_OF:]), max(row))

    memory = {kind: growth_of([size[kind].bytes for size in warm if kind in size]) for kind in kinds}
    handles = {kind: growth_of([size[kind].handles for size in warm if kind in size]) for kind in kinds}
    return memory, handles


def rows(result: Soak) -> list[list[str]]:
    """[name, at the begin, at the end, greatest]"""
    memory = [
        [f"memory of the {kind}", _mb(size.begin), _mb(size.end), _mb(size.greatest)]
        for kind, size in result.bytes.items()
    ]
    return memory + [
        [f"file handles of the {kind}", f"{count.begin:.0f}", f"{count.end:.0f}", f"{count.greatest:.0f}"]
        for kind, count in result.handles.items()
    ]


def summary(result: Soak) -> str:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(result.done.items()))
    return (
        f"{result.seconds / 60:.0f} minutes, {sum(result.done.values())} actions ({counts}), {len(result.faults)} of "
        "them not answered as promised."
    )


def report(result: Soak) -> str:
    """For the terminal."""
    table = ["".join(f"{cell:<28}" for cell in row) for row in [["", *TIMES], *rows(result)]]
    return "\n".join([summary(result), *table, *result.faults, *(f"Grown: {sentence}." for sentence in result.grew)])


def write_into(page: Path, result: Soak) -> None:
    """The table between the soak marks of a page. MarkError where it has none."""
    table = markdown_table(["", *TIMES], rows(result))
    write_section(page, "soak", f"{summary(result)}\n\n{table}")


class _Schedule:
    """Lets so many actions a second begin, of all clients together; turns that passed unused are lost."""

    def __init__(self, rate: float) -> None:
        self._gap_s, self._next, self._lock = 1 / rate, time.monotonic(), threading.Lock()

    def wait(self, until: float) -> bool:
        """Whether there is a turn before `until` (time.monotonic()); returns when it has come."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            if turn >= until:
                return False
            self._next = turn + self._gap_s
        time.sleep(max(0.0, turn - time.monotonic()))
        return True


def _act(load: Load, chance: random.Random, schedule: _Schedule, until: float) -> tuple[list[str], list[str]]:
    """One client for a while: (names of its actions, sentences for what went wrong)."""
    names, faults = [], []
    while schedule.wait(until):
        action = chance.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        names.append(action.__name__)
        try:
            action(load, chance)
        except (UnexpectedReply, OSError, NoBackend) as error:
            faults.append(f"{action.__name__}: {type(error).__name__}: {error}")
    return names, faults


def _head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def _line(seconds: float, sizes: dict[str, Size], done: Counter[str], faults: list[str]) -> str:
    processes = [f"{kind} {_mb(size.bytes)} {size.handles} handles" for kind, size in sizes.items()]
    last = f"; {faults[-1]}" if faults else ""
    return f"{seconds:6.0f} s  {sum(done.values())} actions, {len(faults)} faults{last}  " + "  ".join(processes)


def _mb(count: float) -> str:
    return f"{count / 1e6:.0f} MB"
