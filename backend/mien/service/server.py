# SPDX-License-Identifier: GPL-3.0-or-later
"""Server: the service on a socket, from its first line to its clean end."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from mien import __version__, engines
from mien.errors import MienError
from mien.files.atomic import atomic_write
from mien.files.private_folder import make_private_folder
from mien.heads.default import HeadError, load_head
from mien.service import API, ServiceError
from mien.service.http.app import create_app
from mien.service.http.connection_limits import connections_of
from mien.service.http.middleware import HEADER_BYTES
from mien.service.jobs.scheduler import Scheduler
from mien.service.network.addresses import Names, served, url
from mien.service.network.certificate import Certificate, CertificateError, in_groups, own_certificate
from mien.service.network.invitation import invitation_text
from mien.service.network.listener import Listener
from mien.service.network.mdns import Announcement
from mien.service.network.running_backends import RunningBackend, registered
from mien.service.network.tokens import FIRST, TokenError, Tokens
from mien.service.process_alive import alive
from mien.service.workers.decode_process import Decoder
from mien.service.workers.ray_cluster import ray_cluster
from mien.service.workers.worker import Worker
from mien.settings import Settings, is_loopback

CLIENTS, CERTIFICATE, RUNNING = "clients", "certificate.pem", "running"  # in the data folder
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # how this machine reaches a server that is bound to all
POLL_S = 0.5  # how often the parent is looked at
END_S = 3  # how long open requests may take to end

log = logging.getLogger(__name__)


class ServerError(ServiceError):
    """The service cannot start; the message says why and what to do."""


def run_server(
    settings: Settings,
    *,
    port_file: Path | None = None,
    parent: int | None = None,
    workers: Mapping[str, Worker] | None = None,
) -> None:
    """Serve API v1 until SIGTERM, SIGINT or the end of the process `parent`; then return. Unfinished
    jobs are cancelled when there is a `parent`, whose jobs they are; without one they are kept for the next start.

    Once listening, prints `mien: listening on http://HOST:PORT` and writes `port_file`, which is removed at
    the end. With `settings.lan` every client needs a token: without any client a first one is made and shown, and the
    backend is announced where other machines reach it. `workers` by kind of job replace the usual ones. Raises
    ServerError when the address is taken, the parent, the head or the certificate is not there, or other machines would
    be let in without a token; RayMissing and RayUnreachable where there is no cluster `settings.ray`.
    """
    _check_settings(settings, parent)
    certificate, tokens = _certificate_and_tokens(settings)
    listener = _listen(settings.host, settings.port, settings.connections)
    port, names = listener.getsockname()[1], Names(settings)
    machines = ExitStack()
    try:
        cluster = None if settings.ray is None else machines.enter_context(ray_cluster(settings.ray))
        scheduler = Scheduler(settings, workers, cluster=cluster)
    except MienError:
        machines.close()
        listener.close()
        raise
    decoder = Decoder(settings.limit_s, settings.data_folder)
    announcement = Announcement(settings.host, port, txt_of(certificate)) if settings.lan else None
    if announcement is not None:
        names.add(announcement.server)
    server = uvicorn.Server(
        _uvicorn_config(settings, create_app(settings, scheduler, decoder, tokens, names), certificate)
    )
    ending = threading.Event()
    # uvicorn takes no signals outside the main thread; here they only set `ending`, so the end has one path.
    thread = threading.Thread(target=server.run, args=([listener],), name="mien-http", daemon=True)
    before = _on_signals(ending)
    with ExitStack() as last:
        try:
            _start(server, thread)
            last.enter_context(_registered(settings, _this_backend(settings, port, tokens, certificate)))
            print(f"mien: listening on {url(settings, settings.host, port)}", flush=True)
            if announcement is not None:
                _print_access(settings, port, tokens, certificate)
                announcement.start()
            if port_file is not None:
                _write_port(port_file, port)
            _wait_for_end(thread, ending, parent)
        finally:
            if announcement is not None:
                announcement.stop()
            scheduler.close(keep=parent is None)
            decoder.close()
            machines.close()
            server.should_exit = True
            thread.join(END_S + 2)
            listener.close()
            if port_file is not None:
                port_file.unlink(missing_ok=True)
            for number, handler in before.items():
                signal.signal(number, handler)


def _check_settings(settings: Settings, parent: int | None) -> None:
    """Raises ServerError where there is no such parent, or others would be let in without a token."""
    if parent is not None and not alive(parent):
        raise ServerError(f"There is no process {parent} for --parent to watch. Name a running one.")
    if not settings.lan and not is_loopback(settings.host):
        raise ServerError(f"Other machines can reach {settings.host}. Add --lan, so that a token is asked for.")


def _start(server: uvicorn.Server, thread: threading.Thread) -> None:
    """Run the server on its thread until it answers. Raises ServerError where it does not."""
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    if not server.started:
        raise ServerError("The HTTP server did not start; the lines above say why.")


def _this_backend(settings: Settings, port: int, tokens: Tokens, certificate: Certificate | None) -> RunningBackend:
    local_url = url(settings, LOOPBACK.get(settings.host, settings.host), port)
    token = tokens.of_this_run if settings.lan else ""
    fingerprint = certificate.fingerprint if certificate else ""
    return RunningBackend(os.getpid(), local_url, token, fingerprint, settings.host)


def _wait_for_end(thread: threading.Thread, ending: threading.Event, parent: int | None) -> None:
    """Until a signal sets `ending`, the server ends by itself, or its parent does."""
    while thread.is_alive() and not ending.wait(POLL_S):
        if parent is not None and not alive(parent):
            break


def _certificate_and_tokens(settings: Settings) -> tuple[Certificate | None, Tokens]:
    """Raises ServerError when one of them or the default head cannot be read: now, and not at the first request."""
    try:
        load_head()
        make_private_folder(settings.data_folder)
        certificate = own_certificate(settings.data_folder / CERTIFICATE) if settings.tls else None
        tokens = Tokens(settings.data_folder / CLIENTS)
        tokens.clients()
    except (HeadError, CertificateError, TokenError) as error:
        raise ServerError(str(error)) from error
    except OSError as error:
        raise ServerError(
            f"{settings.data_folder} cannot be written ({error.strerror}). Give another --data-folder."
        ) from error
    return certificate, tokens


def _uvicorn_config(settings: Settings, app: ASGIApp, certificate: Certificate | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connections_of(settings.connections),
        h11_max_incomplete_event_size=HEADER_BYTES,
        access_log=False,
        proxy_headers=False,  # or X-Forwarded-For would name the client, and each forged name have a share of its own
        log_config=None,
        log_level="error",  # it warns of what clients do; http/connection_limits.py logs that with their address
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=END_S,
        ssl_certfile=certificate.path if certificate else None,
        ssl_ciphers="ECDHE+AESGCM:ECDHE+CHACHA20",
    )


def txt_of(certificate: Certificate | None) -> dict[str, str]:
    """The TXT record of an announcement: what a panel shows of a backend before any request."""
    device = engines.ENGINES[engines.DEFAULT].device
    txt = {"txtvers": "1", "api": str(API), "ver": __version__, "gpu": "" if device == "cpu" else device, "auth": "1"}
    return txt | ({"tls": "1", "sha256": certificate.fingerprint} if certificate else {"tls": "0"})


@contextmanager
def _registered(settings: Settings, backend: RunningBackend) -> Iterator[None]:
    """Registered for this user's other commands; a backend that cannot write there serves all the same."""
    with ExitStack() as stack:
        try:
            stack.enter_context(registered(settings.data_folder / RUNNING, backend))
        except OSError as error:
            log.warning("%s cannot be written (%s), so --status will not find this backend", RUNNING, error.strerror)
        yield


def _print_access(settings: Settings, port: int, tokens: Tokens, certificate: Certificate | None) -> None:
    """Who may use the backend and where it is. Without any client, a first token is made, and shown this once."""
    urls = [url(settings, address, port) for address in served(settings.host)] or [url(settings, settings.host, port)]
    fingerprint = certificate.fingerprint if certificate else ""
    clients = [client.name for client in tokens.clients() if not client.revoked]
    if not clients:
        try:
            print(invitation_text(urls, FIRST, tokens.add(FIRST), fingerprint), flush=True)
        except OSError as error:
            raise ServerError(
                f"{tokens.folder} cannot be written ({error.strerror}). Give another --data-folder."
            ) from error
        return
    print(f"mien: reached at {', '.join(urls)} with the token of: {', '.join(clients)}", flush=True)
    if fingerprint:
        print("mien: certificate " + in_groups(fingerprint).replace("\n", " "), flush=True)


def _listen(host: str, port: int, limit: int) -> Listener:
    listener = Listener(socket.AF_INET6 if ":" in host else socket.AF_INET, limit)
    if os.name == "posix":  # on Windows this would let two programs listen on one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if host == "::":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 too, also where that is not the default
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ServerError(
            f"Port {port} of {host} cannot be used ({error.strerror}); perhaps another backend runs there. "
            "Stop it, or give another --port (0 takes a free one)."
        ) from error
    return listener


def _on_signals(ending: threading.Event) -> dict[int, Any]:
    """SIGTERM and SIGINT set `ending`; returns the handlers before. Nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, lambda *_: ending.set()) for number in (signal.SIGTERM, signal.SIGINT)}


def _write_port(path: Path, port: int) -> None:
    """Whole or not at all, so that a program that waits for the file never reads half of it."""
    try:
        with atomic_write(path) as file:
            file.write(json.dumps({"port": port, "pid": os.getpid(), "api": API}).encode())
    except OSError as error:
        raise ServerError(
            f"The port file {str(path)!r} cannot be written ({error.strerror}). Name one in your own folder."
        ) from error
