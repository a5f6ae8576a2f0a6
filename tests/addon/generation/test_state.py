# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a list of takes, as pure values."""

import dataclasses

import pytest
from fake_backend import channel_take

from addon.connection.backend_info import BackendInfo
from addon.formats.take import read_take
from addon.generation.state import (
    Applied,
    ApplyTake,
    Arrived,
    BackendStatus,
    Cancelled,
    Deferred,
    Dismissed,
    Failed,
    Progressed,
    Request,
    Requested,
    StartWork,
    State,
    StopWork,
    step,
)

REQUEST = Request("Anna", "Scene", "/voice.wav", 1, "{}", "", "24", "http://127.0.0.1:1", False)
THREE = tuple(dataclasses.replace(REQUEST, direction=f'{{"seed": {seed}}}') for seed in range(3))
TAKE = read_take(channel_take())


def after(*events: object) -> tuple[State, tuple]:
    state, effects = State(), ()
    for event in events:
        state, effects = step(state, event)
    return state, effects


def test_a_request_starts_the_work():
    state, effects = after(Requested((REQUEST,)))
    assert state.running and effects == (StartWork(1, REQUEST),)


def test_an_empty_list_changes_nothing():
    assert after(Requested(())) == (State(), ())


def test_a_second_list_changes_nothing_while_one_runs():
    first = after(Requested((REQUEST,)))[0]
    assert step(first, Requested((REQUEST,))) == (first, ())


def test_progress_then_the_take_then_done():
    state, _ = after(Requested((REQUEST,)), Progressed(1, "phones", 0.4))
    assert (state.stage, state.fraction) == ("phones", 0.4)
    state, effects = step(state, Arrived(1, TAKE))
    assert state.phase == "holding" and effects == (ApplyTake(1, REQUEST, TAKE),)
    state, effects = step(state, Applied(1, "Anna speaks."))
    assert (state.running, state.note, state.error, effects) == (False, "Anna speaks.", "", ())
    assert state.take is None and state.request is None  # nothing large is kept


def test_requests_of_a_list_run_one_after_the_other():
    state, effects = after(Requested(THREE))
    for number in (1, 2, 3):
        assert effects == (StartWork(number, THREE[number - 1]),)
        assert (state.number, state.total) == (number, 3)
        assert state.fraction == pytest.approx((number - 1) / 3)
        state, _ = step(state, Arrived(number, TAKE))
        state, effects = step(state, Applied(number, f"Take {number}."))
    assert not state.running and effects == () and state.fraction == 1
    assert state.note == "3 takes were made. Take 3."
    assert [outcome.state for outcome in state.outcomes] == ["done"] * 3


def test_after_a_failure_the_next_request_starts():
    state, effects = after(Requested(THREE), Failed(1, "Silence."))
    assert effects == (StartWork(2, THREE[1]),)
    for number in (2, 3):
        state, _ = step(step(state, Arrived(number, TAKE))[0], Applied(number, "done"))
    assert state.error == "Silence. 2 of 3 takes were made and are kept."
    assert [outcome.state for outcome in state.outcomes] == ["failed", "done", "done"]


def test_a_lost_backend_ends_the_list_and_keeps_applied_takes():
    state, effects = after(
        Requested(THREE), Arrived(1, TAKE), Applied(1, "done"), Failed(2, "The backend was lost.", lost=True)
    )
    assert not state.running and effects == ()
    assert state.error == "The backend was lost. 1 of 3 takes was made and is kept."
    assert [outcome.state for outcome in state.outcomes] == ["done", "failed", "failed"]


def test_a_fault_that_touched_the_scene_does_not_call_it_unchanged():
    sentence = "It broke; what was begun is still in the scene."
    state, _ = after(Requested((REQUEST,)), Arrived(1, TAKE), Failed(1, sentence, touched=True))
    assert state.error == sentence
    assert not step(state, Requested((REQUEST,)))[0].touched


def test_a_cancel_keeps_applied_takes_and_starts_no_more():
    state, effects = after(Requested(THREE), Arrived(1, TAKE), Applied(1, "done"), Cancelled())
    assert effects == (StopWork(2),) and not state.running
    assert state.note == "Cancelled; 1 of 3 takes was made and is kept."
    assert [outcome.state for outcome in state.outcomes] == ["done", "cancelled", "cancelled"]


def test_a_deferred_take_is_applied_later():
    state, effects = after(Requested((REQUEST,)), Arrived(1, TAKE), Deferred(1, "Leave Edit Mode."))
    assert state.running and state.note == "Leave Edit Mode." and effects == ()
    assert step(state, Applied(1, "done"))[0].note == "done"


@pytest.mark.parametrize("event", [Progressed(1, "x", 0.5), Arrived(1, TAKE), Failed(1, "lost"), Applied(1, "done")])
def test_events_of_a_cancelled_job_are_ignored(event):
    state, effects = after(Requested((REQUEST,)), Cancelled())
    assert effects == (StopWork(1),) and not state.running and "left as it was" in state.note
    assert step(state, event) == (state, ())
    again, _ = step(state, Requested((REQUEST,)))
    assert again.ticket == 2 and step(again, event) == (again, ())


def test_a_cancel_drops_a_deferred_take():
    state, effects = after(
        Requested((REQUEST,)), Arrived(1, TAKE), Deferred(1, "x"), Cancelled("Another file was opened")
    )
    assert not state.running and state.take is None
    assert state.note == "Another file was opened; the scene was left as it was."
    assert effects == (StopWork(1),)


def test_an_error_stays_until_it_is_dismissed_or_a_list_starts():
    state, effects = after(Requested((REQUEST,)), Failed(1, "The backend was lost."))
    assert (state.running, state.error, effects) == (
        False,
        "The backend was lost. The scene was left as it was.",
        (),
    )
    assert step(state, Dismissed())[0].error == ""
    assert step(state, Requested((REQUEST,)))[0].error == ""


def test_a_cancel_while_idle_changes_nothing():
    assert step(State(), Cancelled()) == (State(), ())


def test_backend_info_stays_after_the_backend_is_lost():
    info = BackendInfo("http://127.0.0.1:1", "0.1.0", "cpu", (), "toy")
    answers = BackendStatus(info, "Mien 0.1.0"), BackendStatus(None, "No backend answers.")
    state, _ = after(*answers, Requested((REQUEST,)), Failed(1, "x"))
    assert state.info == info and state.backend == "No backend answers."


def test_states_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        State().phase = "working"


def test_the_time_that_is_left_is_kept_while_the_job_runs():
    state, _ = after(Requested((REQUEST,)), Progressed(1, "phones", 0.4, 42.0))
    assert state.left_s == 42.0
    state, _ = step(state, Failed(1, "nothing"))
    assert state.left_s is None and not state.lost


def test_a_lost_backend_is_known_until_one_answers_or_it_is_dismissed():
    state, _ = after(Requested((REQUEST,)), Failed(1, "nothing answers", lost=True))
    assert state.lost
    assert not step(state, Dismissed())[0].lost
    assert step(state, BackendStatus(None, "still none"))[0].lost
    assert not step(state, Requested((REQUEST,)))[0].lost
