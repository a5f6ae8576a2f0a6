# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of API v1. No path that a client names is opened: a sound is the bytes of a request."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import FastAPI
from starlette.types import ASGIApp

from mien import __version__, engines
from mien.heads.mien import load_head
from mien.service import API
from mien.service.addresses import Names
from mien.service.binding import binding_routes
from mien.service.guard import Guard
from mien.service.jobs import JobStore
from mien.service.order import made_with, own_models
from mien.service.problem import answer_with_problems
from mien.service.seen import seen_routes
from mien.service.takes import takes_routes
from mien.service.tokens import Tokens
from mien.service.traffic import Traffic
from mien.settings import Settings


def create_app(
    settings: Settings, jobs: JobStore, tokens: Tokens | None = None, names: Names | None = None
) -> ASGIApp:
    """The whole service as one ASGI app; whoever made `jobs` closes them. `tokens` where others are let in."""
    traffic = Traffic()
    none = {"docs_url": None, "redoc_url": None, "openapi_url": None, "redirect_slashes": False}
    app = FastAPI(title="Mien", version=__version__, **none)
    answer_with_problems(app)

    @app.get("/v1/info")
    def info() -> dict:
        return _info(settings)

    app.include_router(takes_routes(settings, jobs))
    app.include_router(binding_routes(settings))
    app.include_router(seen_routes(settings, jobs, traffic))
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
