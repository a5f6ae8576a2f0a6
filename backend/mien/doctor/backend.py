# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a backend: whether one answers here or there, and what it says of itself."""

from __future__ import annotations

import json
import os
import socket

from mien.doctor.diagnostics import FAIL, WARN, Diagnostic
from mien.service import API
from mien.service.network.probe import ProbeError, probe


def examine_backend(address: str, token: str = "") -> list[Diagnostic]:
    """What a backend elsewhere says of itself; `address` may be an invitation with token and fingerprint."""
    try:
        reply = probe(address, "/v1/info", token)
    except ProbeError as error:
        return [Diagnostic("backend", str(error), FAIL, "On its machine: mien serve --status says whether it runs.")]
    at = address.partition("#")[0].rstrip("/")
    if not reply.api:
        return [
            Diagnostic("backend", f"what answers at {at} is not a Mien backend", FAIL, "Check the address and port.")
        ]
    if reply.api != str(API):
        result = f"{at} speaks API version {reply.api}, and this Mien speaks version {API}"
        return [Diagnostic("backend", result, FAIL, "Update the older of the two.")]
    if reply.status == 401:
        advice = "Give the line that its terminal showed, or set MIEN_TOKEN."
        return [Diagnostic("backend", f"{at} is there; {reply.reason}", FAIL, advice)]
    if reply.status != 200:
        return [Diagnostic("backend", f"{at}: {reply.reason}", FAIL, "Its log says why.")]
    info = json.loads(reply.body)
    diagnostics = [
        Diagnostic("backend", f"Mien {info['version']} (API {info['api']}) answers at {at}, on {info['device']}")
    ]
    if reply.fingerprint:
        diagnostics.append(Diagnostic("certificate", f"sha256 {reply.fingerprint}"))
    for engine in info["engines"]:
        lacks = " ".join(each["sentence"] for each in engine["missing"])
        name = f"engine {engine['name']}" + (" (default)" if engine["name"] == info["default_engine"] else "")
        result = f"version {engine['version']}, {engine['licence']}"
        warned = Diagnostic(name, f"{result}; cannot work yet", WARN, lacks)
        diagnostics.append(warned if lacks else Diagnostic(name, result))
    limits = info["limits"]
    diagnostics.append(
        Diagnostic("limits", f"{limits['seconds']:g} s of sound, {limits['bytes'] / 2**20:g} MiB a request")
    )
    return diagnostics


def backend(host: str, port: int) -> Diagnostic:
    """Whether a backend answers on the usual address, and if none does, whether the port is free for one."""
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        info = probe(url, "/v1/info", timeout_s=3).json
        return Diagnostic("backend", f"Mien {info['version']} (API {info['api']}) answers on {url}")
    except (ProbeError, ValueError, KeyError, TypeError):
        pass  # nobody there, or somebody else: the port tells which
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        if os.name == "posix":  # as the service does; a port that was just left is free
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            result = f"port {port} of {host} is taken ({error.strerror}), and not by a Mien backend"
            return Diagnostic("backend", result, WARN, "Give another port: mien serve --port 0 takes a free one.")
    return Diagnostic("backend", f"none runs; port {port} of {host} is free for `mien serve`")
