# SPDX-License-Identifier: GPL-3.0-or-later
"""Job: a result of a batch that is to be made, as the process that makes it is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.film_request import FilmRequest
from mien.take_request import TakeRequest


@dataclass(frozen=True)
class Job:
    """A result that is to be made. `code`: the digest of the Mien that asks for it, on `machine`; `track`: of the
    sound; `shown`: the film or photo; `name`: for messages; `output`: the folder of the batch, which every machine
    sees."""

    key: str
    request: TakeRequest | FilmRequest
    voice: Path
    output: Path
    code: str
    machine: str
    name: str
    shown: Path | None = None
    track: int | None = None
    limit_s: float = 600.0

    @property
    def suffix(self) -> str:
        return ".take.safetensors" if isinstance(self.request, TakeRequest) else self.request.suffix
