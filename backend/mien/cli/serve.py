# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the command `mien` that serves: `serve`, with its clients and its status."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

from mien import engines
from mien.files.markdown import refuse_unmarked
from mien.service.monitoring.logs import KINDS, log_as
from mien.settings import EVERYWHERE, NAMES, Settings

LIMITS = {  # settings of `mien serve` that are a number
    "queue": ("N", "takes that may wait, of all clients"),
    "queue_per_client": ("N", "takes of one client that may wait or be made"),
    "connections": ("N", "connections that may be open; a quarter of them from one address"),
    "limit_s": ("SECONDS", "the longest sound that is read"),
    "limit_bytes": ("SIZE", "the largest request that is read"),
    "cache_bytes": ("SIZE", "takes and sounds that are kept, so that nothing is made twice"),
    "memory_bytes": ("SIZE", "memory of the process that makes takes, on Linux; 0 is no limit"),
    "idle_s": ("SECONDS", "without work, after which that process ends and gives its memory back"),
    "keep_takes": ("N", "jobs that are remembered once they are done"),
    "keep_s": ("SECONDS", "for so long"),
}


def add_commands(commands, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the parser; `command` makes one with what all have."""
    serve = command(commands, "serve", serve_command, "serve the extension on this machine, or with --lan a whole room")
    serve.add_argument(
        "--lan", action="store_true", default=None, help="let other machines in, with a token; announced"
    )
    serve.add_argument("--tls", action="store_true", default=None, help="speak https, with a certificate made here")
    serve.add_argument("--host", help="address to listen on (default: 127.0.0.1; with --lan every address)")
    serve.add_argument("--port", help="port, 0 for any free one (default: 8642)")
    serve.add_argument("--names", metavar="NAME,...", help="further names that this machine goes by")
    serve.add_argument("--port-file", type=Path, help="write the port and process id there once listening")
    serve.add_argument("--parent", type=int, metavar="PID", help="end when this process has ended")
    serve.add_argument("--data-folder", type=Path, help="where clients, certificate and takes are kept")
    serve.add_argument("--log", choices=KINDS, default="text", help="the log on standard error (default: text)")
    how = "SIZE as in 500M or 4G; each also as a variable: MIEN_CACHE_BYTES is --cache-bytes"
    limits = serve.add_argument_group("limits", how)
    for name, (kind, about) in LIMITS.items():
        default = _in_short(getattr(Settings(), name))
        limits.add_argument(NAMES[name][0], dest=name, metavar=kind, help=f"{about} (default: {default})")
    instead = serve.add_mutually_exclusive_group()
    instead.add_argument("--add-client", metavar="NAME", help="make a token for somebody, show it once, and end")
    instead.add_argument("--clients", action="store_true", help="list who has a token, and end")
    instead.add_argument("--revoke", metavar="NAME", help="refuse somebody's token from now on, and end")
    instead.add_argument("--status", action="store_true", help="say how the backends on this machine are, and end")


def add_bench(commands, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `mien bench serve` to the commands of `mien bench`."""
    bench = command(commands, "serve", bench_serve_command, "measure the service: many clients, long sounds, an hour")
    bench.add_argument("--engine", default="articulation", choices=engines.ENGINES, help="(default: %(default)s)")
    bench.add_argument("--soak", type=float, metavar="MINUTES", help="instead: a mixed load for so long; 1 if it grew")
    bench.add_argument("--rate", type=float, default=1.0, help="deeds a second of the soak (default: 1)")
    bench.add_argument("--page", type=Path, help="write the table into this file, between its serve or soak marks")


def bench_serve_command(asked: argparse.Namespace) -> int:
    """mien bench serve: throughput, or with --soak whether the backend grows."""
    from mien.benchmarks import soak, throughput
    from mien.benchmarks.speed import shipped_voice

    if asked.page:  # named before it works for an hour
        refuse_unmarked(asked.page, "serve" if asked.soak is None else "soak")

    def say(line: str) -> None:
        print(line, file=sys.stderr if asked.json else sys.stdout, flush=True)

    voice, measured = shipped_voice().samples, throughput if asked.soak is None else soak
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        if asked.soak is None:
            result = throughput.measure(Path(folder), voice, asked.engine, say=say)
        else:
            result = soak.soak(Path(folder), voice, 60 * asked.soak, asked.rate, asked.engine, say=say)
    print(json.dumps(asdict(result)) if asked.json else measured.report(result))
    if asked.page:
        measured.write_into(asked.page, result)
    return 0 if measured is throughput or not (result.grew or result.faults) else 1


def serve_command(asked: argparse.Namespace) -> int:
    """mien serve: API v1 for the extension."""
    from mien.service.server import run_server

    settings = Settings.read(**{name: getattr(asked, name) for name in NAMES})
    if asked.add_client or asked.clients or asked.revoke:
        return _clients(asked, settings)
    if asked.status:
        return _status(asked, settings)
    log_as(asked.log)
    run_server(settings, port_file=asked.port_file, parent=asked.parent)
    return 0


def _in_short(number: float) -> str:
    """4 GiB as 4G, the way it may be given."""
    for power, letter in ((3, "G"), (2, "M")):
        if number and number % 1024**power == 0:
            return f"{number // 1024**power:g}{letter}"
    return f"{number:g}"


def _clients(asked: argparse.Namespace, settings: Settings) -> int:
    """Add, list or revoke; a backend that runs takes notice by itself."""
    from mien.service.network.addresses import served, url
    from mien.service.network.certificate import own_certificate
    from mien.service.network.invitation import invitation, shown
    from mien.service.network.tokens import Tokens
    from mien.service.server import CERTIFICATE, CLIENTS

    tokens = Tokens(settings.data_folder / CLIENTS)
    if asked.add_client:
        token = tokens.add(asked.add_client)
        settings = _as_it_runs(settings)
        fingerprint = own_certificate(settings.data_folder / CERTIFICATE).fingerprint if settings.tls else ""
        addresses = served(settings.host) or ["127.0.0.1"]
        urls = [url(settings, address, settings.port) for address in addresses]
        told = {"client": asked.add_client, "token": token, "addresses": urls, "sha256": fingerprint}
        if asked.json:
            print(json.dumps(told | {"invitation": invitation(urls[0], token, fingerprint)}))
        else:
            print(shown(urls, asked.add_client, token, fingerprint))
        return 0
    if asked.revoke:
        tokens.revoke(asked.revoke)
    clients = [{"name": each.name, "made": each.made, "revoked": each.revoked} for each in tokens.clients()]
    if asked.json:
        print(json.dumps({"clients": clients}))
        return 0
    for each in clients:
        print(f"{each['name']:<24} since {each['made']}" + (f", revoked {each['revoked']}" if each["revoked"] else ""))
    if not clients:
        print("Nobody has a token. `mien serve --lan` makes a first one; so does `mien serve --add-client NAME`.")
    return 0


def _as_it_runs(settings: Settings) -> Settings:
    """The settings of the backend for a room that runs here; where none runs, as they are with --lan."""
    from mien.service.network.running_backends import all_running
    from mien.service.server import RUNNING

    host = settings.host if settings.lan else EVERYWHERE
    for each in all_running(settings.data_folder / RUNNING):
        if each.token:
            parts = urlsplit(each.url)
            return replace(settings, lan=True, host=each.host, port=parts.port, tls=parts.scheme == "https")
    return replace(settings, lan=True, host=host)


def _status(asked: argparse.Namespace, settings: Settings) -> int:
    """Health and metrics of every backend of this user on this machine; 1 when none runs or one does not answer."""
    from mien.service.network.probe import ReachError, get
    from mien.service.network.running_backends import all_running
    from mien.service.server import RUNNING

    seen = []
    for each in all_running(settings.data_folder / RUNNING):
        told: dict[str, object] = {"url": each.url, "pid": each.pid}
        try:
            replies = [get(each.url, path, each.token, each.fingerprint) for path in ("/v1/health", "/v1/metrics")]
        except ReachError as error:
            seen.append(told | {"error": str(error)})
            continue
        refused = next((reply.reason for reply in replies if reply.status != 200), "")
        if refused:
            seen.append(told | {"error": refused})
        else:
            seen.append(told | {"health": json.loads(replies[0].body), "metrics": replies[1].body.decode()})
    if asked.json:
        print(json.dumps({"backends": seen}))
    else:
        print("\n".join(_in_words(each) for each in seen) or "No backend of yours runs on this machine.")
    return 0 if seen and all("health" in each for each in seen) else 1


def _in_words(seen: dict) -> str:
    lines = [f"{seen['url']}, process {seen['pid']}"]
    if "error" in seen:
        return "\n".join([*lines, f"  does not answer as it should: {seen['error']}"])
    lines += [f"  {name:<10} {value}" for name, value in seen["health"].items()]
    numbers = [line for line in seen["metrics"].splitlines() if not line.startswith("#") and "_bucket{" not in line]
    return "\n".join([*lines, "", *(f"  {line}" for line in numbers)])
