# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of API v1 and of the page. No path that a client names is opened: a sound is the bytes of a request."""

from __future__ import annotations

from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from mien import __version__, engines
from mien.engines.articulation.lips.model import model_digest, model_paths
from mien.engines.articulation.persona import name_of, persona_digest, persona_paths
from mien.heads.default import load_head
from mien.service import API
from mien.service.http.bind_routes import bind_routes
from mien.service.http.emotion_routes import emotion_routes
from mien.service.http.film_routes import film_routes
from mien.service.http.middleware import AccessMiddleware
from mien.service.http.page.page_routes import page_routes
from mien.service.http.problems import PROBLEMS
from mien.service.http.status_routes import status_routes
from mien.service.http.take_routes import take_routes
from mien.service.http.track_routes import track_routes
from mien.service.jobs.scheduler import Scheduler
from mien.service.monitoring.request_statistics import RequestStatistics
from mien.service.network.addresses import Names
from mien.service.network.tokens import Tokens
from mien.service.workers.decode_process import Decoder
from mien.settings import Settings
from mien.take_request import code_digest, own_models


def create_app(
    settings: Settings,
    scheduler: Scheduler,
    decoder: Decoder,
    tokens: Tokens | None = None,
    names: Names | None = None,
) -> ASGIApp:
    """The whole service as one ASGI app; the caller closes `scheduler` and `decoder`. `tokens` with `settings.lan`."""
    statistics = RequestStatistics()

    def info(http: Request) -> JSONResponse:
        return JSONResponse(_info(settings))

    routes = [
        Route("/v1/info", info),
        *take_routes(settings, scheduler, decoder),
        *bind_routes(scheduler),
        *track_routes(settings, scheduler),
        *film_routes(settings, scheduler),
        *emotion_routes(settings, scheduler.storage.folder, decoder),
        *status_routes(settings, scheduler, statistics),
        *page_routes(settings, scheduler),
    ]
    app = Starlette(routes=routes, exception_handlers=PROBLEMS)
    app.router.redirect_slashes = False
    return AccessMiddleware(app, settings, tokens, names, statistics)


def _info(settings: Settings) -> dict:
    """What a client has to know of the backend before it submits anything."""
    head = load_head()
    infos = [engines.ENGINES[name] for name in engines.NAMES]
    return {
        "name": "mien",
        "version": __version__,
        "api": API,
        "device": engines.ENGINES[engines.DEFAULT].device,
        "engines": [
            {
                "name": engine.name,
                "version": engine.version,
                "emotions": list(engine.emotions),
                "styles": list(engine.styles),
                "licence": engine.licence,
                "missing": [asdict(missing) for missing in engine.missing()],
                "follows": list(engine.supports),
                "head": engine.head,
            }
            for engine in infos
        ],
        "default_engine": engines.DEFAULT,
        "limits": {"seconds": settings.limit_s, "bytes": settings.limit_bytes},
        "made_with": code_digest(),
        "own_models": own_models(settings.data_folder),
        "personas": [name_of(path) for path in persona_paths(settings.data_folder)],
        "lips_models": [path.stem for path in model_paths(settings.data_folder)],
        "learnt": {
            "persona": {
                name: persona_digest(name, settings.data_folder)
                for name in map(name_of, persona_paths(settings.data_folder))
            },
            "lips_model": {
                path.stem: model_digest(path.stem, settings.data_folder) for path in model_paths(settings.data_folder)
            },
        },
        "tracks": True,
        "films": True,
        "suggests_emotions": True,
        "performances": True,
        "head": {"name": head.name, "sha256": head.sha256, "vertices": len(head.vertices)},
    }
