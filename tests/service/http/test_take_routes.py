# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from in_thread import Held, InThread
from mien.audio.speech import read_speech
from mien.direction import Direction
from mien.service.workers.take_worker import TakeWorker
from mien.service.workers.worker import WorkFailed
from mien.speak import speak
from mien.take import read_take
from service_client import SETTINGS, WAV, check_problem
from sounds import encoded, tone, voice


def test_a_sound_becomes_the_take_that_the_main_path_makes(opened, tmp_path: Path) -> None:
    """In the worker's own process."""
    service = opened(TakeWorker(tmp_path))
    direction = {"emotion": {"happy": 0.7}, "seed": 3}
    reply = service.submit(direction=json.dumps(direction), fps="30000/1001")
    assert reply.status_code == 202
    body = reply.json()
    assert body["state"] == "queued" and reply.headers["location"] == body["url"] == f"/v1/takes/{body['id']}"
    kind, end = service.events(body["id"])[-1]
    assert (kind, end["state"], end["fraction"], end["error"]) == ("end", "done", 1.0, None)
    assert service.http.get(body["url"]).json() == end

    result = service.http.get(end["result"])
    assert result.headers["content-type"] == "application/octet-stream"
    assert result.headers["etag"] == f'"{hashlib.sha256(result.content).hexdigest()}"'
    again = service.http.get(end["result"], headers={"if-none-match": result.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len(end["warnings"]) == 1 and end["warnings"][0].startswith("Nothing was heard as speech: ")
    direct = speak(read_speech(WAV), Direction.from_user(direction), engine="toy", fps="30000/1001")
    assert result.content == direct.to_bytes()
    assert (str(read_take(result.content).fps), end["frames"], end["frames_done"]) == ("30000/1001", 7, 7)


def test_events_tell_every_stage_and_end(opened) -> None:
    held = Held()
    service = opened(held)
    job_id = service.submit(fps="24").json()["id"]
    assert held.busy.wait(300)
    now = service.http.get(f"/v1/takes/{job_id}").json()
    assert (now["stage"], now["fraction"], now["position"], now["frames"], now["frames_done"]) == (
        "holding", 0.25, None, 5, 1,
    )  # fmt: skip
    waiting = service.submit(fps="25").json()["id"]
    assert service.http.get(f"/v1/takes/{waiting}").json()["position"] == 1
    check_problem(service.http.get(f"/v1/takes/{job_id}/result"), 409, "is running, so there is no result")
    held.go.set()
    events = service.events(job_id)
    assert [kind for kind, _ in events[-1:]] == ["end"] and {kind for kind, _ in events[:-1]} <= {"progress"}
    fractions = [job["fraction"] for _, job in events]
    assert fractions == sorted(fractions)


def test_delete_cancels_and_then_forgets(opened) -> None:
    held = Held()
    service = opened(held)
    url = service.submit().json()["url"]
    assert held.busy.wait(300)
    assert service.http.delete(url).json()["state"] == "cancelled"
    assert service.events(url.split("/")[-1])[-1][1]["state"] == "cancelled"
    check_problem(service.http.get(url + "/result"), 409, "is cancelled")
    assert service.http.delete(url).status_code == 204
    for method in ("GET", "DELETE"):
        check_problem(service.http.request(method, url), 404, "There is no take")


def test_a_take_that_somebody_else_forgets_at_the_same_time_is_not_there(service, monkeypatch) -> None:
    url = service.submit().json()["url"]
    service.events(url.split("/")[-1])
    with ThreadPoolExecutor(2) as pool:
        replies = sorted(pool.map(service.http.delete, [url, url]), key=lambda reply: reply.status_code)
    assert replies[0].status_code == 204
    check_problem(replies[1], 404, "There is no take")

    url = service.submit().json()["url"]
    service.events(url.split("/")[-1])
    status = service.scheduler.status

    def status_then_forgotten(kind, job_id: str):
        answer = status(kind, job_id)
        monkeypatch.setattr(service.scheduler, "status", status)
        service.scheduler.forget(kind, job_id)
        return answer

    monkeypatch.setattr(service.scheduler, "status", status_then_forgotten)
    kind, job = service.events(url.split("/")[-1])[-1]
    assert (kind, job["state"]) == ("end", "done")


def test_a_full_queue_says_so_before_decoding_the_sound_and_when_to_come_again(opened, monkeypatch) -> None:
    held = Held()
    service = opened(held, SETTINGS)
    service.submit()
    assert held.busy.wait(300)
    assert [service.submit(fps=fps).status_code for fps in ("24", "25")] == [202, 202]
    monkeypatch.setattr(service.scheduler._time_left, "until_free", lambda kind: 40.4)
    refused = service.submit(sound=b"not even a sound")
    check_problem(refused, 429, "^2 takes are waiting already, as many as may. Ask again .* in about 40 s")
    assert refused.headers["retry-after"] == "40"
    monkeypatch.setattr(service.scheduler._time_left, "until_free", lambda kind: None)  # nothing was measured yet
    assert service.submit(fps="26").headers["retry-after"] == "5"


def test_a_client_has_its_share_and_no_more(opened) -> None:
    held = Held()
    service = opened(held, replace(SETTINGS, queue_per_client=1))
    service.submit()
    assert held.busy.wait(300)
    check_problem(
        service.submit(fps="24"), 429, "You have asked for 1 takes that are not done yet, as many as one client"
    )


def test_a_failed_take_says_why(opened) -> None:
    def before(requests) -> None:
        raise WorkFailed("The toy is broken. Mend it.")

    service = opened(InThread(before))
    job_id = service.submit().json()["id"]
    assert service.events(job_id)[-1][1]["error"] == "The toy is broken. Mend it."
    check_problem(service.http.get(f"/v1/takes/{job_id}/result"), 409, "is failed.*The toy is broken")


def test_the_same_request_twice_is_done_at_once_and_a_long_take_comes_in_pieces(opened, monkeypatch) -> None:
    monkeypatch.setattr("mien.service.http.job_responses.PIECE", 100)
    worker = InThread()
    service = opened(worker)
    first = service.submit().json()["id"]
    end = service.events(first)[-1][1]
    again = service.submit(name="other.wav").json()
    assert again["state"] == "done" and again["id"] != first and worker.batches == [[0]]
    result = service.http.get(again["url"] + "/result")
    assert len(result.content) == int(result.headers["content-length"]) > 300
    assert result.headers["etag"] == f'"{hashlib.sha256(result.content).hexdigest()}"'
    assert result.content == service.http.get(end["result"]).content
    with service.scheduler.storage.cache._lock:  # nothing is held once it is sent
        assert not service.scheduler.storage.cache._held


def test_a_take_that_was_damaged_on_the_disk_is_made_again(opened) -> None:
    worker = InThread()
    service = opened(worker)
    end = service.events(service.submit().json()["id"])[-1][1]
    whole = service.http.get(end["result"]).content
    (service.scheduler.storage.folder.files / hashlib.sha256(whole).hexdigest()).write_bytes(whole[:100])
    check_problem(service.http.get(end["result"]), 409, "Wait until its state is done")
    assert service.events(end["id"])[-1][1]["state"] == "done"
    assert service.http.get(end["result"]).content == whole and worker.batches == [[0], [0]]


def test_a_stream_ends_though_its_job_does_not_when_the_backend_ends(opened) -> None:
    held = Held()
    service = opened(held)
    job_id = service.submit().json()["id"]
    assert held.busy.wait(300)
    threading.Timer(0.2, lambda: service.scheduler.close(keep=True)).start()
    kind, job = service.events(job_id)[-1]
    assert (kind, job["state"], job["stage"]) == ("end", "queued", "waiting for the backend's next start")
    check_problem(service.submit(), 503, "The backend is ending. Ask again when it runs again")


def test_a_track_is_chosen_and_what_was_taken_is_said(opened, tmp_path: Path) -> None:
    """The same file with another track is another sound, and what is known of it is remembered with the upload."""
    service = opened(TakeWorker(tmp_path))
    film = encoded("matroska", "pcm_s16le", tone(2.0), voice(2.0))
    for _ in range(2):
        warned: dict[str, tuple[list[str], list[str]]] = {}
        for track in ("1", "2", ""):
            job = service.submit(film, "film.mkv", **({"track": track} if track else {})).json()
            warned[track] = (
                service.http.get(job["url"]).json()["warnings"],
                service.events(job["id"])[-1][1]["warnings"],
            )
        assert warned["2"][0] == [] and "Nothing was heard as speech" in warned["1"][1][0]
        assert "The file has 2 sound tracks; number 2 was taken" in warned[""][0][0] and warned[""][1] == warned[""][0]
    for wrong, status, sentence in (
        ("3", 422, "it has sound tracks 1 to 2"),
        ("0", 422, "send the number of a sound track"),
        ("x", 422, "send the number of a sound track"),
    ):
        check_problem(service.submit(film, "film.mkv", track=wrong), status, sentence)
