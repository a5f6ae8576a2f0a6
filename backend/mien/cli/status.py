# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien serve --status`: the health of this user's backends on this machine, with --json their metrics besides."""

from __future__ import annotations

import json

from mien.settings import Settings


def print_status(settings: Settings, as_json: bool) -> int:
    """Print it for every backend; 1 when none runs or one does not answer."""
    from mien.service.network.running_backends import all_running
    from mien.service.server import RUNNING

    backends = [_status_of(backend) for backend in all_running(settings.data_folder / RUNNING)]
    if as_json:
        print(json.dumps({"backends": backends}))
    else:
        print("\n".join(_status_text(status) for status in backends) or "No backend of yours runs on this machine.")
    return 0 if backends and all("health" in status for status in backends) else 1


def _status_of(backend) -> dict[str, object]:
    """`url`, `pid`, and `health` with `metrics`, or `error`."""
    from mien.service.network.probe import ProbeError, probe

    status: dict[str, object] = {"url": backend.url, "pid": backend.pid}
    try:
        health, metrics = (
            probe(backend.url, path, backend.token, backend.fingerprint) for path in ("/v1/health", "/v1/metrics")
        )
    except ProbeError as error:
        return status | {"error": str(error)}
    refusal = next((reply.reason for reply in (health, metrics) if reply.status != 200), "")
    if refusal:
        return status | {"error": refusal}
    return status | {"health": json.loads(health.body), "metrics": metrics.body.decode()}


def _status_text(status: dict) -> str:
    lines = [f"{status['url']}, process {status['pid']}"]
    if "error" in status:
        return "\n".join([*lines, f"  does not answer as it should: {status['error']}"])
    health = dict(status["health"])
    nodes = health.pop("nodes", [])
    lines += [f"  {name:<10} {value}" for name, value in health.items()]
    lines += [f"  {'node':<10} {_node_text(node)}" for node in nodes]
    return "\n".join(lines)


def _node_text(node: dict) -> str:
    """A machine of the cluster, in a line."""
    name = f"{node['name']} ({node['address']})"
    if not node["alive"]:
        return f"{name}: lost"
    return f"{name}: {node['cpus']} CPUs, {node['gpus']} GPUs, {node['memory'] / 1e9:.0f} GB of memory"
