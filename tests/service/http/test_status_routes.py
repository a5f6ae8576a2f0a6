# SPDX-License-Identifier: GPL-3.0-or-later
"""Health and metrics of a live backend."""

import re
from pathlib import Path

from live_backend import Backend, backend
from mien.service.http.openapi.document import description
from mien.settings import Settings


def metrics(running: Backend) -> dict[str, float]:
    lines = running.http.get("/v1/metrics").text.splitlines()
    return {name: float(value) for name, value in (re.split(r" (?=\S+$)", line) for line in lines if line[0] != "#")}


def test_metrics_count_takes_that_were_made_and_kept(tmp_path: Path) -> None:
    with backend(tmp_path) as running:
        assert "mien_worker_resident_memory_bytes" not in metrics(running)
        for _ in range(3):
            running.wait(running.submit(seed=70))
        running.http.delete(running.submit(seed=1))
        values = metrics(running)
        assert values['mien_takes_asked_total{how="made"}'] == 2
        assert values['mien_takes_asked_total{how="kept"}'] == 2
        assert values['mien_takes_ended_total{state="done"}'] == 3
        assert values['mien_takes_ended_total{state="cancelled"}'] == 1
        assert values['mien_takes{state="queued"}'] == values['mien_takes{state="running"}'] == 0
        assert values["mien_take_seconds_count"] == 1  # of those that were made
        assert values["mien_cache_files"] == 2 and values["mien_cache_bytes"] > 0  # the sound and the take
        assert values['mien_http_requests_total{method="POST",route="/v1/takes",status="202"}'] == 4
        assert values["mien_worker_resident_memory_bytes"] > 2**20


def test_health_says_how_busy_it_is_and_what_the_description_promises(tmp_path: Path) -> None:
    with backend(tmp_path) as running:
        assert running.http.get("/v1/health").json()["worker"] == "asleep"
        running.until(running.submit(seed=1), "dawdling")
        waiting = running.submit(seed=2)
        values = running.http.get("/v1/health").json()
        assert (values["status"], values["worker"], values["running"], values["queued"]) == ("ok", "busy", 1, 1)
        schema = description(Settings())["components"]["schemas"]["Health"]
        assert set(values) == set(schema["required"]) == set(schema["properties"])
        running.http.delete(waiting)
