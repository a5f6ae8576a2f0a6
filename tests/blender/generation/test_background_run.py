# SPDX-License-Identifier: GPL-3.0-or-later
"""A job in a thread and its result on the main thread; meshes and films have their own tests."""

import bpy

from addon.generation.background_run import BackgroundRun


class Job(BackgroundRun):
    """Its events are progress, or a result in a list, which is applied at the second tick."""

    def __init__(self) -> None:
        super().__init__()
        self.ticks, self.redrawn = 0, 0

    def begin(self, work) -> None:
        self._prepare("a job")
        self._start(work)

    def _show(self, event) -> None:
        if isinstance(event, list):
            self._arrived = event
        else:
            self.fraction = event

    def _apply(self, arrived) -> None:
        self.ticks += 1
        if self.ticks == 2:
            self._finish(note=arrived[0])

    def _redraw(self) -> None:
        self.redrawn += 1


def ended(job: Job) -> Job:
    assert job._thread is not None
    job._thread.join(20)
    job._tick()
    return job


def test_a_result_is_applied_at_every_tick_until_it_is_in() -> None:
    job = Job()
    job.begin(lambda stop, post: (post(0.5), post(["it is in"])))
    ended(job)
    assert job.running and job.fraction == 0.5 and job.stage == "looking for the backend"
    assert job._tick() is None and not job.running
    assert (job.note, job.error, job.redrawn) == ("it is in", "", 2)
    job.close()
    assert not bpy.app.timers.is_registered(job._tick)


def test_a_sentence_ends_it_and_what_comes_after_is_dropped() -> None:
    job = Job()
    job.begin(lambda stop, post: (post("The backend is gone."), post(["it is in"])))
    assert ended(job).error == "The backend is gone." and not job.running and job.ticks == 0
    job.dismiss()
    assert (job.error, job.note) == ("", "")
    job.close()


def test_a_cancel_stops_the_thread_and_says_so() -> None:
    job = Job()
    job.begin(lambda stop, post: (stop.wait(20), post(["too late"])))
    job.cancel()
    assert not job.running and job.note == "Cancelled; nothing was changed."
    assert ended(job).ticks == 0
    job.close()
