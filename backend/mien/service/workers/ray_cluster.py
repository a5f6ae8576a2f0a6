# SPDX-License-Identifier: GPL-3.0-or-later
"""RayCluster: the machines of a Ray cluster, and workers whose work is done on them. Ray (Apache-2.0) is the extra
`mien[ray]`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mien.batch.ray_pool import RayUnreachable, connected, ray_package
from mien.service.workers.ray_worker import RayWorker
from mien.service.workers.worker import Node, Worker
from mien.settings import NAMES, Settings

LOOK_S = 2.0  # between two looks at the cluster
CLIENT = "ray://"  # its connections stream nothing
MOST = 256  # batches of a kind that are made at once, each of which has a thread in the server


class RayCluster:
    """The cluster that this process is connected to."""

    def __init__(self) -> None:
        self._nodes = _nodes()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def worker(
        self, make_worker: Callable[[Settings], Worker], on_gpu: Callable[[Any], bool], settings: Settings
    ) -> RayWorker:
        """See Cluster."""
        return RayWorker(make_worker, on_gpu, settings, lambda: any(node.gpus for node in self._nodes if node.alive))

    def nodes(self) -> list[Node]:
        """See Cluster."""
        return self._nodes

    def at_once(self) -> int:
        """How many batches of a kind can be made at once: one for each processor."""
        return min(max(sum(node.cpus for node in self._nodes if node.alive), 1), MOST)

    def watch(self, on_change: Callable[[int], None]) -> None:
        """See Cluster."""

        def look() -> None:
            before = self.at_once()
            while not self._over.wait(LOOK_S):
                self._nodes = _nodes()
                if self.at_once() != before:
                    before = self.at_once()
                    on_change(before)

        on_change(self.at_once())
        self._thread = threading.Thread(target=look, name="mien-cluster", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()


@contextmanager
def ray_cluster(address: str) -> Iterator[RayCluster]:
    """The cluster at an address (host:port, or "auto" for the one of this machine), for the block. RayMissing,
    RayUnreachable in words."""
    if address.startswith(CLIENT):
        raise RayUnreachable(
            f"a backend cannot work through {address}: it is a machine of the cluster itself. Run ray start --address "
            "HOST:6379 --num-cpus 0 on this one, and name --ray auto."
        )
    with connected(address, without=(NAMES["data_folder"][1],)):
        cluster = RayCluster()
        try:
            yield cluster
        finally:
            cluster.close()


def _nodes() -> list[Node]:
    """The machines of the cluster, those that are lost last."""
    rows = sorted(ray_package().nodes(), key=lambda row: (not row["Alive"], row["NodeManagerAddress"], row["NodeID"]))
    nodes = []
    for row in rows:
        has = row["Resources"]
        cpus, gpus, memory = (int(has.get(name, 0)) for name in ("CPU", "GPU", "memory"))
        nodes.append(Node(row["NodeManagerHostname"], row["NodeManagerAddress"], row["Alive"], cpus, gpus, memory))
    return nodes
