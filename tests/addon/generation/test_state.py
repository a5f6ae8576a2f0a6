# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a list of takes, as pure values."""

import dataclasses

import pytest
from fake_backend import channel_take

from addon.connection.client import BackendInfo
from addon.formats.take import read_take
from addon.generation.state import (
    Applied,
    ApplyTake,
    Arrived,
    Asked,
    Cancelled,
    Dismissed,
    Failed,
    Held,
    Progressed,
    Request,
    Seen,
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


def test_asking_starts_the_work():
    state, effects = after(Asked((REQUEST,)))
    assert state.running and effects == (StartWork(1, REQUEST),)


def test_asking_for_nothing_is_nothing():
    assert after(Asked(())) == (State(), ())


def test_a_second_ask_changes_nothing_while_one_runs():
    first = after(Asked((REQUEST,)))[0]
    assert step(first, Asked((REQUEST,))) == (first, ())


def test_progress_then_the_take_then_done():
    state, _ = after(Asked((REQUEST,)), Progressed(1, "phones", 0.4))
    assert (state.stage, state.fraction) == ("phones", 0.4)
    state, effects = step(state, Arrived(1, TAKE))
    assert state.phase == "holding" and effects == (ApplyTake(1, REQUEST, TAKE),)
    state, effects = step(state, Applied(1, "Anna speaks."))
    assert (state.running, state.note, state.error, effects) == (False, "Anna speaks.", "", ())
    assert state.take is None and state.request is None  # nothing large is kept


def test_takes_of_a_list_are_asked_for_one_after_the_other():
    state, effects = after(Asked(THREE))
    for number in (1, 2, 3):
        assert effects == (StartWork(number, THREE[number - 1]),)
        assert (state.number, state.total) == (number, 3)
        assert state.fraction == pytest.approx((number - 1) / 3)
        state, _ = step(state, Arrived(number, TAKE))
        state, effects = step(state, Applied(number, f"Take {number}."))
    assert not state.running and effects == () and state.fraction == 1
    assert state.note == "3 takes were made. Take 3."
    assert [outcome.state for outcome in state.outcomes] == ["done"] * 3


def test_one_that_fails_leaves_the_others_their_turn():
    state, effects = after(Asked(THREE), Failed(1, "Silence."))
    assert effects == (StartWork(2, THREE[1]),)
    for number in (2, 3):
        state, _ = step(step(state, Arrived(number, TAKE))[0], Applied(number, "done"))
    assert state.error == "Silence. 2 of 3 takes were made and are kept."
    assert [outcome.state for outcome in state.outcomes] == ["failed", "done", "done"]


def test_a_lost_backend_ends_the_list_and_keeps_what_is_done():
    state, effects = after(
        Asked(THREE), Arrived(1, TAKE), Applied(1, "done"), Failed(2, "The backend was lost.", lost=True)
    )
    assert not state.running and effects == ()
    assert state.error == "The backend was lost. 1 of 3 takes was made and is kept."
    assert [outcome.state for outcome in state.outcomes] == ["done", "failed", "failed"]


def test_a_fault_that_touched_the_scene_does_not_say_it_was_left():
    said = "It broke; what was begun is still in the scene."
    state, _ = after(Asked((REQUEST,)), Arrived(1, TAKE), Failed(1, said, touched=True))
    assert state.error == said
    assert not step(state, Asked((REQUEST,)))[0].touched


def test_a_cancel_keeps_what_is_done_and_asks_for_no_more():
    state, effects = after(Asked(THREE), Arrived(1, TAKE), Applied(1, "done"), Cancelled())
    assert effects == (StopWork(2),) and not state.running
    assert state.note == "Cancelled; 1 of 3 takes was made and is kept."
    assert [outcome.state for outcome in state.outcomes] == ["done", "cancelled", "cancelled"]


def test_a_held_take_waits_and_is_applied_later():
    state, effects = after(Asked((REQUEST,)), Arrived(1, TAKE), Held(1, "Leave Edit Mode."))
    assert state.running and state.note == "Leave Edit Mode." and effects == ()
    assert step(state, Applied(1, "done"))[0].note == "done"


@pytest.mark.parametrize("event", [Progressed(1, "x", 0.5), Arrived(1, TAKE), Failed(1, "lost"), Applied(1, "done")])
def test_after_a_cancel_the_old_job_has_no_say(event):
    state, effects = after(Asked((REQUEST,)), Cancelled())
    assert effects == (StopWork(1),) and not state.running and "left as it was" in state.note
    assert step(state, event) == (state, ())
    again, _ = step(state, Asked((REQUEST,)))
    assert again.ticket == 2 and step(again, event) == (again, ())


def test_a_cancel_while_the_take_is_held_drops_it():
    state, effects = after(Asked((REQUEST,)), Arrived(1, TAKE), Held(1, "x"), Cancelled("Another file was opened"))
    assert not state.running and state.take is None
    assert state.note == "Another file was opened; the scene was left as it was."
    assert effects == (StopWork(1),)


def test_a_failure_is_kept_until_it_is_dismissed_or_another_is_asked():
    state, effects = after(Asked((REQUEST,)), Failed(1, "The backend was lost."))
    assert (state.running, state.error, effects) == (
        False,
        "The backend was lost. The scene was left as it was.",
        (),
    )
    assert step(state, Dismissed())[0].error == ""
    assert step(state, Asked((REQUEST,)))[0].error == ""


def test_cancelling_nothing_is_nothing():
    assert step(State(), Cancelled()) == (State(), ())


def test_what_a_backend_said_outlives_it():
    info = BackendInfo("http://127.0.0.1:1", "0.1.0", "cpu", (), "toy")
    state, _ = after(Seen(info, "Mien 0.1.0"), Seen(None, "No backend answers."), Asked((REQUEST,)), Failed(1, "x"))
    assert state.info == info and state.backend == "No backend answers."


def test_states_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        State().phase = "working"
