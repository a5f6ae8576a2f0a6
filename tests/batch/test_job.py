# SPDX-License-Identifier: GPL-3.0-or-later
import pickle
from pathlib import Path

from batches import plan_of, settings_in, voices_in
from mien.batch.requests import jobs_of


def test_a_job_goes_to_another_process_whole_and_names_its_kind_of_file(tmp_path: Path, monkeypatch) -> None:
    settings = settings_in(tmp_path, monkeypatch)
    (job,) = jobs_of(plan_of(voices_in(tmp_path / "voices", 1)), tmp_path / "out", settings)
    assert pickle.loads(pickle.dumps(job)) == job and job.suffix == ".take.safetensors"
