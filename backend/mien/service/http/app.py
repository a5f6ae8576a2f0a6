# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of API v1. No path that a client names is opened: a sound is the bytes of a request."""

from __future__ import annotations

from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from mien import __version__, engines
from mien.heads.default import load_head
from mien.service import API
from mien.service.http.bind_routes import binding_routes
from mien.service.http.middleware import Guard
from mien.service.http.problems import PROBLEMS
from mien.service.http.status_routes import seen_routes
from mien.service.http.take_routes import takes_routes
from mien.service.jobs.job_store import JobStore
from mien.service.monitoring.traffic import Traffic
from mien.service.network.addresses import Names
from mien.service.network.tokens import Tokens
from mien.settings import Settings
from mien.take_request import made_with, own_models


def create_app(settings: Settings, jobs: JobStore, tokens: Tokens | None = None, names: Names | None = None) -> ASGIApp:
    """The whole service as one ASGI app; whoever made `jobs` closes them. `tokens` where others are let in."""
    traffic = Traffic()

    def info(http: Request) -> JSONResponse:
        return JSONResponse(_info(settings))

    routes = [Route("/v1/info", info), *takes_routes(settings, jobs), *binding_routes(settings)]
    app = Starlette(routes=routes + seen_routes(settings, jobs, traffic), exception_handlers=PROBLEMS)
    app.router.redirect_slashes = False
    return Guard(app, settings, tokens, names, traffic)


def _info(settings: Settings) -> dict:
    """What the panel needs to draw itself."""
    head = load_head()
    shown = [engines.ENGINES[name].info for name in engines.NAMES]
    return {
        "name": "mien",
        "version": __version__,
        "api": API,
        "device": engines.ENGINES[engines.DEFAULT].info.device,
        "engines": [
            {
                "name": engine.name,
                "version": engine.version,
                "emotions": list(engine.emotions),
                "styles": list(engine.styles),
                "licence": engine.licence,
                "missing": [asdict(each) for each in engine.missing()],
                "follows": list(engine.follows),
                "head": engine.head,
            }
            for engine in shown
        ],
        "default_engine": engines.DEFAULT,
        "limits": {"seconds": settings.limit_s, "bytes": settings.limit_bytes},
        "made_with": made_with(),
        "own_models": own_models(settings.data_folder),
        "head": {"name": head.name, "sha256": head.sha256, "vertices": len(head.vertices)},
    }
