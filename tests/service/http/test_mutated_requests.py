# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests damaged at random, as bytes on the wire: whatever comes is answered below 500 or hung up on.

`python tests/service/http/test_mutated_requests.py PORT COUNT` does it to a backend that runs, and prints the statuses.
"""

import random
import socket
import sys
from collections import Counter
from pathlib import Path

from checkout import SAMPLES

WAV = (SAMPLES / "mono_16k.wav").read_bytes()
TOKENS = (b"\r\n", b"\0", b"--x", b"--", b";", b'"', b"=", b"%", b"%00", b"/", b"..", b"{", b"\xff", b"9" * 30, b"-1",
          b":", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
          b"Host: evil\r\n", b"Upgrade: websocket\r\nConnection: upgrade\r\n", b"filename*=utf-8''%ff",
          b"[" * 2000)  # fmt: skip


def part(name: str, data: bytes, more: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"


def bases() -> list[bytes]:
    """Requests as they should be."""
    sound = part("sound", WAV, '; filename="voice.wav"')
    fields = part("direction", b'{"seed": 1, "emotion": {"happy": 0.5}}') + part("fps", b"24") + part("engine", b"toy")
    form, mesh = (
        sound + fields + b"--x--\r\n",
        b"\x40" + bytes(7) + b'{"__metadata__": {"format": "mien.mesh"}}' + bytes(40),
    )
    posts = [("/v1/takes", "multipart/form-data; boundary=x", form), ("/v1/bind", "application/octet-stream", mesh)]
    requests = [
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n".encode()
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for path, kind, body in posts
    ]
    paths = ("GET /v1/info", "GET /v1/takes/a/events", "DELETE /v1/takes/a", "GET /v1/metrics", "GET /v1/bind/a/result")
    return requests + [f'{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: "a"\r\n\r\n'.encode() for path in paths]


def mutated(seed: int) -> bytes:
    """A request with one to four faults."""
    chance = random.Random(seed)
    base = chance.choice(bases())
    head = base.index(b"\r\n\r\n")
    for _ in range(chance.randint(1, 4)):
        if not base:
            break
        # mostly where it is read most: the head, and the beginning of the body
        at = chance.randrange(min(len(base), head + 200) if chance.random() < 0.8 else len(base))
        length = chance.choice((1, 1, 2, 8, 100))
        match chance.randrange(4):
            case 0:
                base = base[:at] + bytes([chance.randrange(256)]) + base[at + 1 :]
            case 1:
                base = base[:at] + base[at + length :]
            case 2:
                base = base[:at] + chance.choice(TOKENS) + base[at:]
            case 3:
                base = base[:at] + base[at : at + length] * 2 + base[at + length :]
    return base


def status_of(port: int, request: bytes, ends: bool = True) -> int:
    """The status of the first reply, 0 when the backend hung up without one. TimeoutError after a minute.

    Where the request `ends` the sending half of the connection, the backend need not wait for what it announces and
    does not have; it hangs up when it notices that before it has replied.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        try:
            link.sendall(request)
            if ends:
                link.shutdown(socket.SHUT_WR)
            line = b""
            while b"\r\n" not in line and (data := link.recv(65536)):
                line += data
        except (BrokenPipeError, ConnectionResetError):
            return 0
    return int(line.split()[1]) if line else 0


def statuses(port: int, seeds: range) -> Counter[int]:
    counts: Counter[int] = Counter()
    for seed in seeds:
        status = status_of(port, mutated(seed))
        assert status < 500, f"seed {seed}: status {status} for {mutated(seed)[:300]!r}"
        counts[status] += 1
    return counts


def test_whatever_is_damaged_is_refused_and_the_backend_goes_on(tmp_path: Path) -> None:
    from live_backend import backend

    with backend(tmp_path) as running:
        port = int(running.url.rpartition(":")[2])
        undamaged = [status_of(port, request, ends=False) for request in bases()]
        assert undamaged == [202, 202, 200, 404, 404, 200, 404]
        counts = statuses(port, range(300))
        assert {400, 403, 404} <= set(counts), counts
        assert running.http.get("/v1/health").json()["status"] == "ok"
        metrics = running.http.get("/v1/metrics").text
        assert 'status="500"' not in metrics and 'status="left"' in metrics


if __name__ == "__main__":
    print(dict(statuses(int(sys.argv[1]), range(1000, 1000 + int(sys.argv[2])))))
