# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes that show the service itself: health, metrics, and the description of the API."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mien import __version__, engines
from mien.service import API
from mien.service.http import metrics
from mien.service.http.openapi.document import description
from mien.service.jobs.scheduler import Scheduler
from mien.service.monitoring.request_statistics import RequestStatistics
from mien.settings import Settings


def status_routes(settings: Settings, scheduler: Scheduler, statistics: RequestStatistics) -> list[Route]:
    """GET /v1/health, /v1/metrics and /v1/openapi.json."""
    began, since = time.time(), time.monotonic()  # a clock may be set meanwhile

    def health(http: Request) -> JSONResponse:
        """That the service answers, and how busy it is; quick, as it does not look at models."""
        fields = {
            "status": "ok",
            "version": __version__,
            "api": API,
            "seconds": round(time.monotonic() - since, 1),
            "device": engines.ENGINES[engines.DEFAULT].device,
        }
        return JSONResponse(fields | scheduler.health())

    def numbers(http: Request) -> Response:
        rows = (
            *metrics.process_metrics(began), *metrics.device_metrics(), *statistics.collect(),
            *metrics.job_metrics(scheduler.snapshot()),
        )  # fmt: skip
        return Response(metrics.render(rows), media_type=metrics.CONTENT_TYPE)

    def api(http: Request) -> JSONResponse:
        return JSONResponse(description(settings))

    return [Route("/v1/health", health), Route("/v1/metrics", numbers), Route("/v1/openapi.json", api)]
