# SPDX-License-Identifier: GPL-3.0-or-later
"""Throughput: how fast takes are made for so many clients and sounds of such a length, beside the engine alone and a
bare connection. All on loopback; figures depend on what else the machine does, ratios far less."""

from __future__ import annotations

import itertools
import math
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.batch.process_pool import single_threaded_pool
from mien.benchmarks.measured_process import BenchError
from mien.benchmarks.service_client import Client, form, wav
from mien.benchmarks.service_process import BackendProcess, backend_process
from mien.direction import Direction
from mien.files.markdown import table as markdown_table
from mien.files.markdown import write_section
from mien.speak import speak

CLIENTS = 1, 4, 16, 64
LENGTHS_S = 1, 10, 60, 600, 3600
BUDGET_S = 960.0  # of sound, for one row; a single take may be longer
TAKES = 32  # of a row at least, where the budget lets it
REPEATS = 1000
MEASURE_S = 0.25  # between two measurements of the processes
PAIRS = 20
STEP = 97  # samples between the beginnings of two sounds: each client has its own


@dataclass(frozen=True)
class Row:
    """`takes` of `length_s` of sound for `clients` at once: seconds from the submission to the last byte, `of_alone`
    the speed as a share of the engine's own without a service, greatest resident bytes of server and worker."""

    clients: int
    length_s: float
    takes: int
    median_s: float
    p95_s: float
    sound_per_s: float
    of_alone: float
    server: int
    worker: int


@dataclass(frozen=True)
class Repeats:
    """`count` times the same take, which was made before: submitted and fetched; `bare_s`: as many bytes there and back
    over a connection without a service."""

    count: int
    median_s: float
    p95_s: float
    bare_s: float


@dataclass(frozen=True)
class Throughput:
    """`submitted` takes, each by two clients at once, of which `computed` were made."""

    engine: str
    rows: list[Row]
    repeats: Repeats
    submitted: int
    computed: int


def measure(
    folder: Path,
    voice: np.ndarray,
    engine: str,
    clients: Sequence[int] = CLIENTS,
    lengths_s: Sequence[float] = LENGTHS_S,
    repeats: int = REPEATS,
    say: Callable[[str], None] = print,
) -> Throughput:
    """Measure a backend in `folder`. `voice` (N,) at 16 kHz is repeated where a sound is longer. Raises BenchError."""
    with backend_process(folder, limit_s=max(*lengths_s, 600.0), limit_bytes=2**29) as backend:
        sounds = _sounds(voice)
        with Client(backend.port) as client:
            client.take(wav(next(sounds)(1.0)), engine=engine)  # warm: its models are loaded
        speak(Speech.from_samples(next(sounds)(1.0)), Direction(), engine)  # here, too
        rows = []
        say(_line(HEAD))
        for length_s in lengths_s:
            alone_s = _alone(next(sounds)(length_s), engine)
            for count in clients:
                takes = rounds(count, length_s)
                if takes:
                    rows.append(_row(backend, sounds, engine, count, length_s, takes, alone_s))
                    say(_line(cells(rows[-1])))
        computed = _computed_takes(backend.port)
        submitted = _pairs(backend.port, [wav(next(sounds)(1.0)) for _ in range(PAIRS)], engine)
        computed = _computed_takes(backend.port) - computed
        return Throughput(
            engine, rows, _repeats(backend.port, wav(next(sounds)(7.0)), engine, repeats), submitted, computed
        )


def rounds(clients: int, length_s: float) -> int:
    """How many takes each client submits; 0 where all together would be more than BUDGET_S of sound."""
    at_once = clients * length_s
    if at_once > BUDGET_S:
        return int(clients == 1)
    return max(1, min(math.ceil(TAKES / clients), int(BUDGET_S // at_once)))


HEAD = (
    "sound", "clients", "takes", "median", "95 % within", "sound a second", "of the engine alone", "server", "worker",
)  # fmt: skip


def cells(row: Row) -> list[str]:
    """As HEAD names them."""
    return [
        f"{row.length_s:g} s",
        str(row.clients),
        str(row.takes),
        f"{row.median_s:.2f} s",
        f"{row.p95_s:.2f} s" if row.takes > 1 else "",
        f"{row.sound_per_s:.1f} s",
        f"{row.of_alone:.2f}",
        f"{row.server / 1e6:.0f} MB",
        f"{row.worker / 1e6:.0f} MB",
    ]


def report(result: Throughput) -> str:
    """The figures beside the rows."""
    repeats = result.repeats
    return (
        f"The same take {repeats.count} times, submitted and fetched: median {1000 * repeats.median_s:.1f} ms, 95 % "
        f"within {1000 * repeats.p95_s:.1f} ms; {repeats.median_s / repeats.bare_s:.0f} times as long as its bytes "
        f"take through a bare connection of the same machine ({1000 * repeats.bare_s:.2f} ms). "
        f"{result.submitted} takes, each submitted by two clients at once, were made {result.computed} times in all."
    )


def write_into(page: Path, result: Throughput) -> None:
    """The table between the serve marks of a page. MarkError where it has none."""
    table = markdown_table(HEAD, [cells(row) for row in result.rows])
    write_section(page, "serve", f"With the engine {result.engine}:\n\n{table}\n\n{report(result)}")


def _line(row: Sequence[str]) -> str:
    return "  ".join(f"{cell:>{max(len(head), 8)}}" for head, cell in zip(HEAD, row, strict=True))


def _sounds(voice: np.ndarray) -> Iterator[Callable[[float], np.ndarray]]:
    """Functions that give a sound of so many seconds; no two begin alike."""
    for number in itertools.count(1):
        yield lambda length_s, number=number: np.resize(np.roll(voice, -STEP * number), round(length_s * RATE))


def _alone(samples: np.ndarray, engine: str) -> float:
    """Seconds that the engine, warm, takes for one take without a service."""
    begin = time.perf_counter()
    speak(Speech.from_samples(samples), Direction(), engine).to_bytes()
    return time.perf_counter() - begin


def _row(
    backend: BackendProcess,
    sounds: Iterator[Callable[[float], np.ndarray]],
    engine: str,
    clients: int,
    length_s: float,
    takes: int,
    alone_s: float,
) -> Row:
    def client_of(own: list[bytes]) -> list[float]:
        """Seconds for each of its sounds, one after the other."""
        seconds = []
        with Client(backend.port, timeout_s=3600) as client:
            for sound in own:
                begin = time.perf_counter()
                client.take(sound, engine=engine)
                seconds.append(time.perf_counter() - begin)
        return seconds

    own = [[wav(next(sounds)(length_s)) for _ in range(takes)] for _ in range(clients)]
    with _watch(backend) as greatest, ThreadPoolExecutor(clients) as pool:
        begin = time.perf_counter()
        took = [seconds for done in pool.map(client_of, own) for seconds in done]
        wall_s = time.perf_counter() - begin
    median, p95 = np.percentile(took, [50, 95])
    return Row(
        clients=clients,
        length_s=length_s,
        takes=len(took),
        median_s=float(median),
        p95_s=float(p95),
        sound_per_s=length_s * len(took) / wall_s,
        of_alone=alone_s * len(took) / wall_s,
        server=greatest.get("server", 0),
        worker=greatest.get("worker", 0),
    )


@contextmanager
def _watch(backend: BackendProcess) -> Iterator[dict[str, int]]:
    """The greatest resident bytes by process, once the block is left."""
    greatest: dict[str, int] = {}
    over = threading.Event()

    def measure_sizes() -> None:
        while True:
            for kind, size in backend.sizes().items():
                greatest[kind] = max(greatest.get(kind, 0), size.bytes)
            if over.wait(MEASURE_S):
                return

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(measure_sizes)
        try:
            yield greatest
        finally:
            over.set()
            future.result()


def _pairs(port: int, sounds: list[bytes], engine: str) -> int:
    """Two clients submit each sound at the same time; returns how many takes that were."""
    together = threading.Barrier(2)

    def submit_all(_: int) -> list[bytes]:
        takes = []
        with Client(port) as client:
            for sound in sounds:
                together.wait()
                takes.append(client.take(sound, engine=engine))
        return takes

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(submit_all, range(2))
    if one != other:
        raise BenchError("two clients asked for the same take at once and got two different ones.")
    return len(one) + len(other)


def _computed_takes(port: int) -> int:
    """How many takes the backend had to make so far, from its metrics."""
    with Client(port) as client:
        text = client.expect(200, "GET", "/v1/metrics").body.decode()
    count = re.search(r'^mien_takes_asked_total\{how="made"\} (\d+)', text, re.MULTILINE)
    if count is None:
        raise BenchError("the backend's metrics do not say how many takes it made.")
    return int(count[1])


def _repeats(port: int, sound: bytes, engine: str, count: int) -> Repeats:
    seconds = []
    with Client(port) as client:
        take = client.take(sound, engine=engine)
        for _ in range(count):
            begin = time.perf_counter()
            copy = client.fetch(client.submit(sound, engine=engine))
            seconds.append(time.perf_counter() - begin)
            if copy != take:
                raise BenchError("a take that was made before came back with other bytes.")
    median, p95 = np.percentile(seconds, [50, 95])
    body, _ = form(sound, {"engine": engine})
    return Repeats(count, float(median), float(p95), _bare(body, take, min(count, 100)))


def _bare(there: bytes, back: bytes, count: int) -> float:
    """Median seconds for one request of these bytes, and a reply of those, to another process over TCP on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener, single_threaded_pool(1) as pool:
        future = pool.submit(_request_bare, listener.getsockname(), there, len(back), count)
        link, _ = listener.accept()
        with link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(count):
                _receive(link, len(there))
                link.sendall(back)
        return future.result()


def _request_bare(address: tuple[str, int], there: bytes, back: int, count: int) -> float:
    took = []
    with socket.create_connection(address) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            begin = time.perf_counter()
            link.sendall(there)
            _receive(link, back)
            took.append(time.perf_counter() - begin)
    return statistics.median(took)


def _receive(link: socket.socket, count: int) -> None:
    while count:
        data = link.recv(min(count, 1 << 18))
        if not data:
            raise BenchError("the other end of a bare connection has gone.")
        count -= len(data)
