# SPDX-License-Identifier: GPL-3.0-or-later
"""FairQueue: clients take turns, so that one that asks for much delays the others little."""

from __future__ import annotations

from collections import deque


class FairQueue:
    """Ids by client: the first of each client, in turn. Not for several threads at once."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[str]] = {}  # in the order of their turns; a client served goes to the end
        self._client: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._client)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._client

    def of(self, client: str) -> int:
        """How many of one client wait."""
        return len(self._waiting.get(client, ()))

    def add(self, client: str, job_id: str) -> None:
        self._waiting.setdefault(client, deque()).append(job_id)
        self._client[job_id] = client

    def pop(self) -> str:
        """The id whose turn it is. IndexError when none waits."""
        if not self._waiting:
            raise IndexError("no job waits")
        client = next(iter(self._waiting))
        ids = self._waiting.pop(client)
        job_id = ids.popleft()
        del self._client[job_id]
        if ids:
            self._waiting[client] = ids
        return job_id

    def remove(self, job_id: str) -> None:
        """Take an id out of the queue; nothing happens when it does not wait."""
        client = self._client.pop(job_id, None)
        if client is not None:
            self._waiting[client].remove(job_id)
            if not self._waiting[client]:
                del self._waiting[client]

    def order(self) -> list[str]:
        """All ids, the next one first."""
        rounds = max(map(len, self._waiting.values()), default=0)
        lines = [list(ids) for ids in self._waiting.values()]
        return [ids[turn] for turn in range(rounds) for ids in lines if turn < len(ids)]
