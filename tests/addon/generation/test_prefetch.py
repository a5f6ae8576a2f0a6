# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs sent before their turn: never too many, in the order of the list, taken back when the list is over."""

import pytest
from fake_backend import FakeBackend

from addon.connection.client import Client, Stopped
from addon.generation.prefetch import Ahead, submit
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


def every(_: Request) -> bool:
    return True


def silent(_: float) -> None:
    """Nobody is told how much was sent."""


def seeds(backend) -> list[str]:
    return [asked["direction"] for asked in backend.requests]


def test_only_so_many_wait_and_in_order(backend, requests):
    client, ahead = Client(backend.address), Ahead(requests, depth=2)
    assert ahead.take(requests[0]) == ""
    ahead.fill(client, every, silent)
    assert seeds(backend) == ['{"seed": 1}', '{"seed": 2}']
    ahead.fill(client, every, silent)
    assert len(backend.requests) == 2
    assert ahead.take(requests[1]) == "job1"
    ahead.fill(client, every, silent)
    assert seeds(backend)[2:] == ['{"seed": 3}']
    assert ahead.take(requests[1]) == ""  # it was handed out


def test_what_is_not_wanted_is_passed_over(backend, requests):
    ahead = Ahead(requests, depth=2)
    ahead.fill(Client(backend.address), lambda request: request not in requests[:3], silent)
    assert seeds(backend) == ['{"seed": 3}', '{"seed": 4}']


def test_a_refusal_is_left_for_its_own_turn(backend, requests):
    backend.refuse = "The queue is full."
    ahead = Ahead(requests)
    ahead.fill(Client(backend.address), every, silent)
    assert ahead.take(requests[0]) == ""


def test_dropping_takes_everything_back_and_sends_no_more(backend, requests):
    client, ahead = Client(backend.address), Ahead(requests, depth=2)
    ahead.fill(client, every, silent)
    assert ahead.drop() == []
    assert backend.cancelled == ["job1", "job2"]
    ahead.fill(client, every, silent)
    assert len(backend.requests) == 2 and ahead.take(requests[0]) == ""


def test_a_lost_backend_is_said_when_all_is_dropped(backend, requests):
    ahead = Ahead(requests, depth=1)
    ahead.fill(Client(backend.address), every, silent)
    backend.shut_down()
    assert "No backend answers" in ahead.drop()[0]


def test_a_cancel_stops_the_sending(backend, requests):
    def stopped(_: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        Ahead(requests).fill(Client(backend.address), every, stopped)


def test_submitting_sends_all_of_a_request(backend, requests):
    assert submit(Client(backend.address), requests[3], silent) == "job1"
    assert backend.requests[0]["fps"] == "24" and backend.requests[0]["direction"] == '{"seed": 3}'
