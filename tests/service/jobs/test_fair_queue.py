# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.service.jobs.fair_queue import FairQueue


def queue_of(*ids: str) -> FairQueue:
    """'a1' is of client a."""
    queue = FairQueue()
    for job_id in ids:
        queue.add(job_id[0], job_id)
    return queue


def test_clients_take_turns_whoever_asks_for_more() -> None:
    queue = queue_of("a1", "a2", "a3", "b1", "c1", "c2")
    assert queue.order() == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert (queue.pop(), queue.pop()) == ("a1", "b1")
    queue.add("b", "b2")  # b was served, so c and a come first
    assert queue.order() == ["c1", "a2", "b2", "c2", "a3"]


def test_an_id_can_leave_before_its_turn() -> None:
    queue = queue_of("a1", "a2", "b1")
    queue.remove("a1")
    queue.remove("a1")
    assert (queue.order(), len(queue), queue.of("a"), "a1" in queue, "b1" in queue) == (["a2", "b1"], 2, 1, False, True)
    queue.remove("b1")
    assert queue.of("b") == 0 and queue.pop() == "a2"
    with pytest.raises(IndexError, match="no job waits"):
        queue.pop()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40))
def test_the_order_shown_is_the_order_served(steps: list[tuple[str, bool]]) -> None:
    queue = FairQueue()
    for number, (client, served) in enumerate(steps):
        if served and len(queue):
            assert queue.order()[0] == queue.pop()
        queue.add(client, f"{client}{number}")
    shown = queue.order()
    assert [queue.pop() for _ in shown] == shown and len(queue) == 0
