# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs submitted before their turn: up to the depth, in order, and cancelled when the list ends."""

import pytest
from fake_backend import FakeBackend

from addon.connection.client import Client
from addon.connection.errors import Stopped
from addon.generation.prefetch import Prefetcher, submit
from addon.generation.state import Request


@pytest.fixture
def backend():
    with FakeBackend() as server:
        yield server


@pytest.fixture
def requests(tmp_path, backend):
    sound = tmp_path / "voice.wav"
    sound.write_bytes(bytes(1000))
    return [
        Request("Anna", "Scene", str(sound), 1, f'{{"seed": {seed}}}', "", "24", backend.address, False)
        for seed in range(6)
    ]


def always(_: Request) -> bool:
    return True


def ignore(_: float) -> None:
    """A callback for the share that was sent."""


def seeds(backend) -> list[str]:
    return [form["direction"] for form in backend.requests]


def test_the_depth_is_filled_in_order(backend, requests):
    client, prefetcher = Client(backend.address), Prefetcher(requests, depth=2)
    assert prefetcher.take(requests[0]) == ""
    prefetcher.fill(client, always, ignore)
    assert seeds(backend) == ['{"seed": 1}', '{"seed": 2}']
    prefetcher.fill(client, always, ignore)
    assert len(backend.requests) == 2
    assert prefetcher.take(requests[1]) == "job1"
    prefetcher.fill(client, always, ignore)
    assert seeds(backend)[2:] == ['{"seed": 3}']
    assert prefetcher.take(requests[1]) == ""  # it was handed out


def test_unwanted_requests_are_skipped(backend, requests):
    prefetcher = Prefetcher(requests, depth=2)
    prefetcher.fill(Client(backend.address), lambda request: request not in requests[:3], ignore)
    assert seeds(backend) == ['{"seed": 3}', '{"seed": 4}']


def test_a_refused_request_keeps_its_turn(backend, requests):
    backend.refuse = "The queue is full."
    prefetcher = Prefetcher(requests)
    prefetcher.fill(Client(backend.address), always, ignore)
    assert prefetcher.take(requests[0]) == ""


def test_dropping_cancels_all_and_submits_no_more(backend, requests):
    client, prefetcher = Client(backend.address), Prefetcher(requests, depth=2)
    prefetcher.fill(client, always, ignore)
    assert prefetcher.drop() == []
    assert backend.cancelled == ["job1", "job2"]
    prefetcher.fill(client, always, ignore)
    assert len(backend.requests) == 2 and prefetcher.take(requests[0]) == ""


def test_dropping_reports_a_lost_backend(backend, requests):
    prefetcher = Prefetcher(requests, depth=1)
    prefetcher.fill(Client(backend.address), always, ignore)
    backend.shut_down()
    assert "No backend answers" in prefetcher.drop()[0]


def test_a_cancel_stops_the_upload(backend, requests):
    def stopped(_: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        Prefetcher(requests).fill(Client(backend.address), always, stopped)


def test_submitting_sends_all_of_a_request(backend, requests):
    assert submit(Client(backend.address), requests[3], ignore) == "job1"
    assert backend.requests[0]["fps"] == "24" and backend.requests[0]["direction"] == '{"seed": 3}'
