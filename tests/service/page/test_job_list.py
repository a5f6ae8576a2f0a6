# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

from in_thread import Held
from mien.direction import Direction
from mien.service.http.page import job_list
from mien.service.http.page.job_list import listed
from mien.service.jobs.job import Job, JobStatus
from mien.service.jobs.take_jobs import TAKE
from mien.take_request import TakeRequest
from service_client import Service

REQUEST = TakeRequest("0" * 64, 16000, "voice.wav", Direction.from_json({"emotion": {"happy": 1.0}, "seed": 7}), "toy")


def status(name: str, state: str) -> JobStatus:
    return JobStatus(Job(name, "", TAKE, "key", REQUEST, state=state), None, 4.6)


def test_the_newest_comes_first_with_what_was_asked_for() -> None:
    first, last = listed([status("a", "done"), status("b", "queued")])
    assert (first["id"], last["id"]) == ("b", "a")
    assert last["url"] == "/v1/takes/a" and last["result"] == "/v1/takes/a/result" and first["result"] is None
    assert (first["make"], first["name"], first["seed"], first["emotions"]) == ("take", "voice.wav", 7, ["happy"])
    assert (first["seconds"], first["left_s"]) == (1.0, 5)


def test_old_jobs_that_have_ended_are_left_out_and_unfinished_ones_never(monkeypatch) -> None:
    monkeypatch.setattr(job_list, "ENDED", 2)
    statuses = [status("old", "queued"), *(status(f"done {i}", "done") for i in range(4)), status("new", "running")]
    assert [row["id"] for row in listed(statuses)] == ["new", "done 3", "done 2", "old"]


def test_a_client_sees_its_own_jobs_alone(opened) -> None:
    service: Service = opened(Held())
    job = service.scheduler.job(service.submit().json()["id"])
    assert [row["id"] for row in service.http.get("/page/jobs").json()["jobs"]] == [job.id]
    assert service.scheduler.statuses("somebody else") == []
    service.http.delete(f"/v1/takes/{job.id}")
    (row,) = service.http.get("/page/jobs").json()["jobs"]
    assert row["state"] == "cancelled"


def test_every_kind_of_job_has_a_path() -> None:
    from mien.service.jobs.scheduler import KINDS

    assert set(job_list.PATHS) == set(KINDS)
    row = listed([replace(status("a", "failed"), left_s=None)])[0]
    assert row["left_s"] is None and row["url"].startswith(job_list.PATHS["take"])
