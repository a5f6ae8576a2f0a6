# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien serve --add-client`, `--clients` and `--revoke`: who may use a backend. One that runs notices by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlsplit

from mien.files.private_folder import make_private_folder
from mien.settings import EVERYWHERE, Settings


def add_client(name: str, settings: Settings, as_json: bool) -> int:
    """Make a token and print it, this once, with the addresses of the backend. ServiceError for a name in use."""
    from mien.service.network.addresses import served, url
    from mien.service.network.certificate import own_certificate
    from mien.service.network.invitation import invitation, invitation_text
    from mien.service.network.tokens import Tokens
    from mien.service.server import CERTIFICATE, CLIENTS

    make_private_folder(settings.data_folder)
    token = Tokens(settings.data_folder / CLIENTS).add(name)
    settings = _settings_of_running_backend(settings)
    fingerprint = own_certificate(settings.data_folder / CERTIFICATE).fingerprint if settings.tls else ""
    urls = [url(settings, address, settings.port) for address in served(settings.host) or ["127.0.0.1"]]
    if as_json:
        entry = {"client": name, "token": token, "addresses": urls, "sha256": fingerprint}
        print(json.dumps(entry | {"invitation": invitation(urls[0], token, fingerprint)}))
    else:
        print(invitation_text(urls, name, token, fingerprint))
    return 0


def list_clients(settings: Settings, as_json: bool, revoke: str | None = None) -> int:
    """Print who has a token, after that of `revoke` was revoked. ServiceError where there is no such client."""
    from mien.service.network.tokens import Tokens
    from mien.service.server import CLIENTS

    tokens = Tokens(settings.data_folder / CLIENTS)
    if revoke:
        tokens.revoke(revoke)
    clients = tokens.clients()
    if as_json:
        entries = [{"name": client.name, "made": client.made, "revoked": client.revoked} for client in clients]
        print(json.dumps({"clients": entries}))
        return 0
    for client in clients:
        print(f"{client.name:<24} since {client.made}" + (f", revoked {client.revoked}" if client.revoked else ""))
    if not clients:
        print("Nobody has a token. `mien serve --lan` makes a first one; so does `mien serve --add-client NAME`.")
    return 0


def _settings_of_running_backend(settings: Settings) -> Settings:
    """The settings of the backend for a room that runs here; where none runs, as they are with --lan."""
    from mien.service.network.running_backends import all_running
    from mien.service.server import RUNNING

    for backend in all_running(settings.data_folder / RUNNING):
        if backend.token:
            parts = urlsplit(backend.url)
            return replace(settings, lan=True, host=backend.host, port=parts.port, tls=parts.scheme == "https")
    return replace(settings, lan=True, host=settings.host if settings.lan else EVERYWHERE)
