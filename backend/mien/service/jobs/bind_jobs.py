# SPDX-License-Identifier: GPL-3.0-or-later
"""Bindings as a kind of job: the default head's channels put on a client's mesh."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from mien.heads.default import load_head
from mien.service.jobs.job_kind import JobKind, Limits
from mien.service.workers.bind_worker import BindWorker
from mien.settings import Settings
from mien.take_request import code_digest

QUEUE = 4  # meshes that may wait; a person binds one and looks at it
KEEP, KEEP_S = 8, 600.0  # meshes that are done are kept for their client to fetch


@dataclass(frozen=True)
class BindRequest:
    """`mesh`: sha256 of a file of format `mien.mesh`, which has the vertices, the faces and the picks."""

    mesh: str

    @property
    def name(self) -> str:
        return self.mesh[:12]

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.mesh,)

    def to_json(self) -> str:
        return json.dumps({"kind": BINDING.name, "mesh": self.mesh})

    @classmethod
    def from_json(cls, text: str) -> BindRequest:
        """As `to_json` wrote it. Raises ValueError or KeyError for anything else."""
        return cls(json.loads(text)["mesh"])

    def result_key(self, data_folder: Path) -> str:
        """sha256 over the mesh, this version's code and its default head."""
        parts = {"kind": BINDING.name, "mesh": self.mesh, "code": code_digest(), "head": load_head().sha256}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def limits(settings: Settings) -> Limits:
    return Limits(QUEUE, None, KEEP, KEEP_S)


BINDING = JobKind(
    name="binding",
    source="mesh",
    advice="Make the mesh coarser or cut out the face",
    read_request=BindRequest.from_json,
    batch_size=lambda request: 1,
    batch_key=BindRequest.to_json,
    workload=lambda request: None,
    limits=limits,
    make_worker=lambda settings: BindWorker(settings.data_folder, settings.memory_bytes),
)
