# SPDX-License-Identifier: GPL-3.0-or-later
"""Soak: an hour, or so, of what a room of clients does, and whether the backend has grown by it.

Four clients do things at a bounded rate: short sounds, the same take again, the same take twice at once, cancels,
refusals, and clients that leave in the middle. Every 10 s they pause, and the processes are looked at.
"""

from __future__ import annotations

import http.client
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
from mien.benchmarks.service_process import Size, served
from mien.files.markdown import table as markdown_table
from mien.files.markdown import write_between

EVERY_S = 10.0  # between two looks
SETTLE_S = 1.0  # from the last reply to the look: a connection that was left is noticed
CLIENTS = 4
WARM = 0.1  # the share of the time after which the backend is warm
AMONG = 6  # looks whose median is its size at the begin and at the end
GROWTH = 1.10  # of memory that is none
KNOWN = 50  # sounds that are asked for again
CACHE = 16 << 20  # bytes, so that takes are given up, too
LENGTHS_S = 1.0, 3.0  # of the sounds
TIMES = "once warm", "at the end", "greatest"


@dataclass(frozen=True)
class Grown:
    """Resident bytes or handles of one process: the median of the looks once it was warm, of the last, the greatest."""

    begin: float
    end: float
    greatest: float


@dataclass(frozen=True)
class Soak:
    """What was done, by name; what was not answered as promised; and by process its memory and handles."""

    seconds: float
    done: dict[str, int]
    faults: list[str]
    looks: int
    bytes: dict[str, Grown]
    handles: dict[str, Grown]

    @property
    def grew(self) -> list[str]:
        """What grew, in words."""
        memory = [
            f"the {kind}'s memory grew from {_mb(each.begin)} to {_mb(each.end)}"
            for kind, each in self.bytes.items()
            if each.end > GROWTH * each.begin
        ]
        return memory + [
            f"the {kind}'s file handles grew from {each.begin:.0f} to {each.end:.0f}"
            for kind, each in self.handles.items()
            if each.end > each.begin
        ]


@dataclass
class Room:
    """What the clients share. `voice`: samples at 16 kHz of which every sound is a piece."""

    port: int
    voice: np.ndarray
    engine: str
    known: deque[tuple[bytes, dict[str, str]]] = field(default_factory=lambda: deque(maxlen=KNOWN))

    def new(self, chance: random.Random) -> tuple[bytes, dict[str, str]]:
        """A sound that nobody sent before, with its fields."""
        length = int(chance.uniform(*LENGTHS_S) * RATE)
        start = chance.randrange(max(len(self.voice) - length, 1))
        direction = {"seed": chance.randrange(2**31), "emotion": {"happy": round(chance.random(), 3)}}
        return wav(self.voice[start : start + length]), {"engine": self.engine, "direction": json.dumps(direction)}

    def old(self, chance: random.Random) -> tuple[bytes, dict[str, str]]:
        """One that was, or a new one as long as there is none."""
        return chance.choice(self.known) if self.known else self.new(chance)


def new_take(room: Room, chance: random.Random) -> None:
    sound, fields = room.new(chance)
    with Client(room.port) as client:
        client.made(sound, **fields)
    room.known.append((sound, fields))


def old_take(room: Room, chance: random.Random) -> None:
    sound, fields = room.old(chance)
    with Client(room.port) as client:
        client.made(sound, **fields)


def twice_at_once(room: Room, chance: random.Random) -> None:
    sound, fields = room.new(chance)

    def made(_: int) -> bytes:
        with Client(room.port) as client:
            return client.made(sound, **fields)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(made, range(2))
    if one != other:
        raise UnexpectedReply("The same request, twice at once, gave two different takes.")


def cancelled(room: Room, chance: random.Random) -> None:
    sound, fields = room.new(chance)
    with Client(room.port) as client:
        url = client.ask(sound, **fields)
        time.sleep(chance.uniform(0, 0.3))
        reply = client.request("DELETE", url)
        if reply.status not in (200, 204):  # it may have been done already
            raise UnexpectedReply(f"DELETE {url} was answered with {reply.status}.")


def leaves_while_sending(room: Room, chance: random.Random) -> None:
    body, kind = form(*room.new(chance))
    with closing(socket.create_connection(("127.0.0.1", room.port), 60)) as link:
        link.sendall(_head("POST", "/v1/takes", f"Content-Type: {kind}", f"Content-Length: {len(body)}"))
        link.sendall(body[: chance.randrange(len(body))])


def leaves_while_watching(room: Room, chance: random.Random) -> None:
    sound, fields = room.new(chance)
    with Client(room.port) as client:
        url = client.ask(sound, **fields)
    with closing(socket.create_connection(("127.0.0.1", room.port), 60)) as link:
        link.sendall(_head("GET", f"{url}/events"))
        link.recv(1)


def leaves_while_fetching(room: Room, chance: random.Random) -> None:
    sound, fields = room.old(chance)
    with Client(room.port) as client:
        url = client.ask(sound, **fields)
        client.end(url)
    with closing(socket.create_connection(("127.0.0.1", room.port), 60)) as link:
        link.sendall(_head("GET", f"{url}/result"))
        link.recv(100)


def refused(room: Room, chance: random.Random) -> None:
    sound, fields = room.old(chance)
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
    with Client(room.port) as client:
        client.expect(status, method, path, sent, **headers)


def looks(room: Room, chance: random.Random) -> None:
    with Client(room.port) as client:
        client.expect(200, "GET", chance.choice(("/v1/info", "/v1/health", "/v1/metrics", "/v1/openapi.json")))


DEEDS: dict[Callable[[Room, random.Random], None], float] = {
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
    """Load a backend in `folder` for so long, with `rate` deeds a second. `voice` (N,) at 16 kHz. Raises BenchError."""
    with served(folder, cache_bytes=CACHE) as backend:
        room, chance, schedule = Room(backend.port, voice, engine), random.Random(seed), _Schedule(rate)
        done: Counter[str] = Counter()
        faults: list[str] = []
        seen: list[dict[str, Size]] = []
        begin = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as pool:
            while (spent := time.monotonic() - begin) < seconds:
                due = time.monotonic() + min(EVERY_S, seconds - spent)
                deeds = [pool.submit(_do, room, random.Random(chance.random()), schedule, due) for _ in range(CLIENTS)]
                for each in deeds:
                    names, wrong = each.result()
                    done.update(names)
                    faults += wrong
                time.sleep(SETTLE_S)
                seen.append(backend.sizes())
                say(_line(time.monotonic() - begin, seen[-1], done, faults))
    return Soak(time.monotonic() - begin, dict(done), faults, len(seen), *grown(seen))


def grown(seen: Sequence[dict[str, Size]]) -> tuple[dict[str, Grown], dict[str, Grown]]:
    """Memory and handles by process over many looks, without those of the warm-up."""
    warm = seen[int(WARM * len(seen)) :]
    kinds = [kind for kind in ("server", "worker", "decoder") if any(kind in look for look in warm)]
    measured = [
        {kind: [getattr(look[kind], name) for look in warm if kind in look] for kind in kinds}
        for name in ("bytes", "handles")
    ]
    return tuple(
        {
            kind: Grown(statistics.median(row[:AMONG]), statistics.median(row[-AMONG:]), max(row))
            for kind, row in rows.items()
        }
        for rows in measured
    )


def rows(result: Soak) -> list[list[str]]:
    """[what, at the begin, at the end, greatest]"""
    memory = [
        [f"memory of the {kind}", _mb(each.begin), _mb(each.end), _mb(each.greatest)]
        for kind, each in result.bytes.items()
    ]
    return memory + [
        [f"file handles of the {kind}", f"{each.begin:.0f}", f"{each.end:.0f}", f"{each.greatest:.0f}"]
        for kind, each in result.handles.items()
    ]


def in_words(result: Soak) -> str:
    deeds = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(result.done.items()))
    return (
        f"{result.seconds / 60:.0f} minutes, {sum(result.done.values())} deeds ({deeds}), {len(result.faults)} of them "
        "not answered as promised."
    )


def report(result: Soak) -> str:
    """For the terminal."""
    table = ["".join(f"{cell:<28}" for cell in row) for row in [["", *TIMES], *rows(result)]]
    return "\n".join([in_words(result), *table, *result.faults, *(f"Grown: {each}." for each in result.grew)])


def write_into(page: Path, result: Soak) -> None:
    """The table between the soak marks of a page. MarkError where it has none."""
    table = markdown_table(["", *TIMES], rows(result))
    write_between(page, "soak", f"{in_words(result)}\n\n{table}")


class _Schedule:
    """Lets so many a second go on, whoever they are; what could not go in time is not made up for."""

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


def _do(room: Room, chance: random.Random, schedule: _Schedule, until: float) -> tuple[list[str], list[str]]:
    """One client for a while: (names of its deeds, what went wrong)."""
    names, faults = [], []
    while schedule.wait(until):
        deed = chance.choices(list(DEEDS), list(DEEDS.values()))[0]
        names.append(deed.__name__)
        try:
            deed(room, chance)
        except (UnexpectedReply, OSError, http.client.HTTPException) as error:
            faults.append(f"{deed.__name__}: {type(error).__name__}: {error}")
    return names, faults


def _head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def _line(seconds: float, sizes: dict[str, Size], done: Counter[str], faults: list[str]) -> str:
    told = [f"{kind} {_mb(each.bytes)} {each.handles} handles" for kind, each in sizes.items()]
    last = f"; {faults[-1]}" if faults else ""
    return f"{seconds:6.0f} s  {sum(done.values())} deeds, {len(faults)} faults{last}  " + "  ".join(told)


def _mb(count: float) -> str:
    return f"{count / 1e6:.0f} MB"
