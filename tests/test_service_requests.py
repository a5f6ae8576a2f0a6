# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that nobody would write, to a live backend: multipart bodies put together at random and then damaged. Each
is answered, with a take or with a sentence, and nothing is left of it. `python tests/test_service_requests.py 10000`
sends so many."""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from live_backend import WAV, Backend, backend
from mien.load.client import Client, Reply
from mien.load.served import size

ANSWERS = {202, 400, 413, 415, 422, 429}
SOUND = WAV.read_bytes()
SEED = b'{"seed": 7}'

names = some.sampled_from([b"sound", b"direction", b"engine", b"fps", b"head", b"sound\0", b"", b"\xff", b"x" * 5000])
values = some.one_of(
    some.sampled_from([SOUND, SOUND[:60], SOUND[:44], b"", b"{}", SEED, b"toy", b"25", b"1/0", b"-1", b"9" * 400]),
    some.sampled_from([b"[" * 100_000, b'{"seed": 1e999}', b'{"emotion": {"happy": [[0, NaN]]}}', b"\xff\xfe{}"]),
    some.binary(max_size=200),
)
kinds = some.sampled_from([b"", b"Content-Type: audio/wav\r\n", b"Content-Type: ;=utf-99\r\n", b":\r\n", b"\r\n"])
file_names = some.sampled_from([None, b"voice.wav", b"../../etc/passwd", b"%00%ff", b'a"; name="engine', b"\xe9" * 300])


@some.composite
def parts(draw) -> bytes:
    name, file_name = draw(names), draw(file_names)
    shown = b"" if file_name is None else b'; filename="' + file_name + b'"'
    return b'Content-Disposition: form-data; name="' + name + b'"' + shown + b"\r\n" + draw(kinds)


@some.composite
def bodies(draw) -> bytes:
    """With the boundary `--b`; a right one first, more often than chance would have it."""
    right = draw(some.booleans())
    body = b""
    if right:
        head = b'Content-Disposition: form-data; name="sound"; filename="v.wav"\r\n'
        body = b"--b\r\n" + head + b"\r\n" + SOUND + b"\r\n"
    for _ in range(draw(some.integers(0, 3 if right else 6))):
        body += b"--b\r\n" + draw(parts()) + b"\r\n" + draw(values) + b"\r\n"
    body += draw(some.sampled_from([b"--b--\r\n", b"--b--", b"--b\r\n", b"", b"--b--\r\n" + SOUND]))
    for _ in range(draw(some.integers(0, 3))):
        at = draw(some.integers(0, len(body)))
        body = body[:at] + draw(some.binary(max_size=8)) + body[at + draw(some.integers(0, 8)) :]
    return body


content_types = some.sampled_from(
    ["multipart/form-data; boundary=b"] * 6
    + ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "b" * 3000]
    + ["multipart/form-data; boundary=\xe9", "multipart/mixed; boundary=b", "application/x-www-form-urlencoded", ""]
)


def sent(running: Backend, body: bytes, kind: str) -> Reply:
    """The answer, checked."""
    with Client(int(running.url.rpartition(":")[2])) as client:
        reply = client.request("POST", "/v1/takes", body, {"Content-Type": kind})
        if reply.status == 202:
            client.expect(200, "GET", reply.json["url"])
    assert reply.status in ANSWERS, (reply.status, reply.body[:500])
    if reply.status == 202:
        assert reply.json["state"] in ("queued", "done")
    else:
        assert reply.headers["content-type"] == "application/problem+json"
        detail = reply.json["detail"]
        assert detail.endswith((".", "?")) and "/" + "service/" not in detail, detail
    return reply


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with backend(tmp_path_factory.mktemp("live"), limit_s=5) as running:
        yield running


@settings(max_examples=150)
@given(bodies(), content_types)
def test_every_body_is_answered_with_a_take_or_a_sentence(live: Backend, body: bytes, kind: str) -> None:
    sent(live, body, kind)


def many(count: int) -> None:
    """Send so many, one after another; tell the answers, and the server before and after."""
    answers: Counter[int] = Counter()

    @settings(
        max_examples=count, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=[*HealthCheck]
    )
    @given(bodies(), content_types)
    def send(body: bytes, kind: str) -> None:
        answers[sent(running, body, kind).status] += 1
        if sum(answers.values()) % 500 == 1:
            told = size(running.process.pid)
            print(json.dumps(dict(answers)), f"{told.bytes / 1e6:.0f} MB, {told.handles} handles", flush=True)

    with tempfile.TemporaryDirectory() as folder, backend(Path(folder), limit_s=5) as running:
        send()
        told = size(running.process.pid)
        print(json.dumps(dict(answers)), f"{told.bytes / 1e6:.0f} MB, {told.handles} handles at the end")


if __name__ == "__main__":
    many(int(sys.argv[1]))
