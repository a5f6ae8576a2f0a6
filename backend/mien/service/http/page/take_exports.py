# SPDX-License-Identifier: GPL-3.0-or-later
"""A take as the page shows and saves it: the default head as glTF, other formats, and its voice as WAV."""

from __future__ import annotations

import io
import tempfile
import wave
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE
from mien.errors import MienError, capitalized
from mien.export import FACES, export
from mien.heads import identity
from mien.heads.lookup import head_of
from mien.service.errors import disk_full, sentence_of
from mien.service.http.job_responses import no_result, status_of
from mien.service.http.problems import Problem
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.settings import Settings
from mien.take import read_take

MEDIA_TYPES = {  # the formats that the page offers: small ones, that grow with the take and not with its vertices
    ".glb": "model/gltf-binary",
    ".usdc": "application/octet-stream",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".tsv": "text/tab-separated-values; charset=utf-8",
}


def exported(scheduler: Scheduler, settings: Settings, job_id: str, suffix: str, face: str) -> bytes:
    """The file of a take in this format; `face`: the name of an identity that the default head has, "" for its own.
    Raises Problem."""
    if suffix not in MEDIA_TYPES:
        raise Problem(422, f"A take is not sent as {suffix[:20]!r}; ask for {', '.join(MEDIA_TYPES)}.")
    job = status_of(scheduler, TAKE, job_id).job
    if job.state != "done":
        raise no_result(job)
    with scheduler.open_result(job) as file:
        if file is None:
            raise no_result(status_of(scheduler, TAKE, job_id).job)
        content = file.read()
    try:
        take = read_take(content)
        head = head_of(take, settings.data_folder)
        chosen = identity.load_identity(face) if face and suffix in FACES else None
        with tempfile.TemporaryDirectory(dir=scheduler.storage.folder.incoming) as folder:
            path = Path(folder) / f"take{suffix}"
            export(take, head, path, chosen)
            return path.read_bytes()
    except MienError as error:
        raise Problem(422, capitalized(sentence_of(error, settings.data_folder))) from None
    except OSError as error:
        if not disk_full(error):
            raise
        raise Problem(
            507,
            f"The backend's disk is full, so it cannot make the {suffix} of a take. Whoever runs it must free some.",
        ) from error


def voice_of(scheduler: Scheduler, job_id: str) -> bytes:
    """The sound that a take is made of, as the backend decoded it: 16-bit mono WAV. Raises Problem."""
    job = status_of(scheduler, TAKE, job_id).job
    with scheduler.storage.cache.open(job.request.sound) as file:
        if file is None:
            raise Problem(404, "The voice of this take was dropped to make room for others. Drop its file here again.")
        samples = np.frombuffer(file.read(), "<f4")
    return wav(samples)


def wav(samples: np.ndarray) -> bytes:
    """Samples (N,) in -1..1 at RATE as a 16-bit WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return content.getvalue()
