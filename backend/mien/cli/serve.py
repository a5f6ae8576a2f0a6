# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien serve`: the backend of the extension, its clients and its status."""

from __future__ import annotations

import argparse
from pathlib import Path

from mien.cli.parser import add_command
from mien.service.monitoring.logs import KINDS
from mien.settings import NAMES, Settings

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


def add_commands(commands) -> None:
    """Add `mien serve` to the parser."""
    description = "run the backend for Blender on this machine, or with --lan for the local network"
    serve = add_command(commands, "serve", serve_command, description)
    serve.add_argument(
        "--lan",
        action="store_true",
        default=None,
        help="let other machines in, with a token; Blender finds it there by mDNS",
    )
    serve.add_argument("--tls", action="store_true", default=None, help="speak https, with a certificate made here")
    serve.add_argument("--host", help="address to listen on (default: 127.0.0.1; with --lan every address)")
    serve.add_argument("--port", help="port, 0 for any free one (default: 8642)")
    serve.add_argument("--names", metavar="NAME,...", help="further names that this machine goes by")
    serve.add_argument("--port-file", type=Path, help="write the port and process id there once listening")
    serve.add_argument("--parent", type=int, metavar="PID", help="end when this process has ended")
    serve.add_argument("--data-folder", type=Path, help="where clients, certificate and takes are kept")
    serve.add_argument(
        "--ray", metavar="ADDRESS", help="work on this Ray cluster; 'auto' is the one that this machine belongs to"
    )
    serve.add_argument("--sign-certificate", type=Path, metavar="PEM", help="the chain that films are signed with")
    serve.add_argument("--sign-key", type=Path, metavar="PEM", help="its key (default: both are made here)")
    serve.add_argument("--log", choices=KINDS, default="text", help="the log on standard error (default: text)")
    note = "SIZE as in 500M or 4G; each also as a variable: MIEN_CACHE_BYTES is --cache-bytes"
    limits = serve.add_argument_group("limits", note)
    for name, (kind, meaning) in LIMITS.items():
        default = _short_size(getattr(Settings(), name))
        limits.add_argument(NAMES[name][0], dest=name, metavar=kind, help=f"{meaning} (default: {default})")
    instead = serve.add_mutually_exclusive_group()
    instead.add_argument("--add-client", metavar="NAME", help="make a token for somebody, show it once, and end")
    instead.add_argument("--clients", action="store_true", help="list who has a token, and end")
    instead.add_argument("--revoke", metavar="NAME", help="refuse somebody's token from now on, and end")
    instead.add_argument("--status", action="store_true", help="say how the backends on this machine are, and end")


def serve_command(args: argparse.Namespace) -> int:
    """mien serve: API v1 for the extension, or one of the commands in its place."""
    settings = Settings.read(**{name: getattr(args, name) for name in NAMES})
    if args.add_client:
        from mien.cli.clients import add_client

        return add_client(args.add_client, settings, args.json)
    if args.clients or args.revoke:
        from mien.cli.clients import list_clients

        return list_clients(settings, args.json, revoke=args.revoke)
    if args.status:
        from mien.cli.status import print_status

        return print_status(settings, args.json)
    from mien.service.monitoring.logs import log_as
    from mien.service.server import run_server

    log_as(args.log)
    run_server(settings, port_file=args.port_file, parent=args.parent)
    return 0


def _short_size(number: float) -> str:
    """4 GiB as 4G, as it may be given."""
    for power, letter in ((3, "G"), (2, "M")):
        if number and number % 1024**power == 0:
            return f"{number // 1024**power:g}{letter}"
    return f"{number:g}"
