# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ray cluster on loopback, for tests of what works on many machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mien
import pytest

OPTIONS = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


class Nodes:
    """Three nodes of one CPU each, at `address`."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(initialize_head=True, head_node_args=OPTIONS | {"include_dashboard": False})
        self._others = [self._cluster.add_node(**OPTIONS) for _ in range(2)]
        self._cluster.wait_for_nodes()
        self.address = self._cluster.address

    def lose(self) -> None:
        """Kill one of them."""
        self._cluster.remove_node(self._others.pop(), allow_graceful=False)

    def add(self, gpus: int = 0) -> None:
        """One more, which says that it has so many GPUs."""
        self._others.append(self._cluster.add_node(**OPTIONS, num_gpus=gpus))

    def close(self) -> None:
        self._cluster.shutdown()


@contextmanager
def three_nodes() -> Iterator[Nodes]:
    """For the block; a process of Ray imports this Mien, and a lost node is noticed within seconds."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(Path(mien.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        patch.setenv("RAY_health_check_period_ms", "500")
        nodes = Nodes()
        try:
            yield nodes
        finally:
            nodes.close()
