# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from held_worker import HeldWorker
from mien.heads import identity
from mien.service.http.app import create_app
from mien.service.http.page.page_routes import media_type_of
from mien.service.jobs.scheduler import Scheduler
from mien.settings import Settings
from service_client import DECODER, Service, check_problem
from starlette.testclient import TestClient


def test_faces_are_the_identities_of_the_default_head(service: Service) -> None:
    assert service.http.get("/page/faces").json()["faces"] == list(identity.names())


def test_the_page_is_read_only_and_no_part_of_the_api(service: Service) -> None:
    check_problem(service.http.post("/"), 405, "POST is not possible at /. Use GET, HEAD.")
    check_problem(service.http.delete("/page/jobs"), 405, "Use GET, HEAD")
    assert not [path for path in service.http.get("/v1/openapi.json").json()["paths"] if not path.startswith("/v1/")]


@pytest.mark.parametrize(
    "name, media_type",
    [("a.mp4", "video/mp4"), ("b.PNG", "image/png"), ("c.svg", "application/octet-stream"),
     ("d.html", "application/octet-stream"), ("e", "application/octet-stream")],
)  # fmt: skip
def test_what_is_shown_is_a_picture_a_film_or_bytes(name: str, media_type: str) -> None:
    assert media_type_of(name) == media_type


def test_what_a_film_is_made_of_can_be_seen_again(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path)
    scheduler = Scheduler(settings, {"film": HeldWorker(b"its film")})
    http = TestClient(create_app(settings, scheduler, DECODER), base_url="http://127.0.0.1:8642")
    files = {"photo": ("me.png", b"a photo" * 100_000), "voice": ("voice.wav", b"a voice")}
    reply = http.post("/v1/films", files=files, data={"consent": "a painting, nobody living"})
    assert reply.status_code == 202, reply.text
    url = f"/page/films/{reply.json()['id']}/shown"
    shown = http.get(url)
    assert (shown.content, shown.headers["content-type"]) == (b"a photo" * 100_000, "image/png")
    scheduler.storage.cache.path(scheduler.job(reply.json()["id"]).request.shown).unlink()
    check_problem(http.get(url), 404, "me.png was dropped to make room")
    check_problem(http.get("/page/films/nonsense/shown"), 404, "no film 'nonsense'")
    scheduler.close()
