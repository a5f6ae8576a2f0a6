# SPDX-License-Identifier: GPL-3.0-or-later
"""Seen: the routes by which the service itself is looked at: health, metrics, and the description of the API."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from mien import __version__, engines
from mien.service import API
from mien.service.http import metrics
from mien.service.http.openapi import description
from mien.service.jobs.job_store import JobStore
from mien.service.monitoring.traffic import Traffic
from mien.settings import Settings


def seen_routes(settings: Settings, jobs: JobStore, traffic: Traffic) -> list[Route]:
    """GET /v1/health, /v1/metrics and /v1/openapi.json."""
    began = time.time()

    def health(http: Request) -> JSONResponse:
        """Quick, and without a look at models: it says that the service answers, and how busy it is."""
        told = {
            "status": "ok",
            "version": __version__,
            "api": API,
            "seconds": round(time.time() - began, 1),
            "device": engines.ENGINES[engines.DEFAULT].info.device,
        }
        return JSONResponse(told | jobs.health())

    def numbers(http: Request) -> PlainTextResponse:
        families = metrics.of_process(began) + metrics.of_device() + metrics.of_traffic(traffic)
        families += metrics.of_jobs(jobs.snapshot())
        return PlainTextResponse(metrics.text(families), media_type=metrics.CONTENT_TYPE)

    def api(http: Request) -> JSONResponse:
        return JSONResponse(description(settings))

    return [Route("/v1/health", health), Route("/v1/metrics", numbers), Route("/v1/openapi.json", api)]
