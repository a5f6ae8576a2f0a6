# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mien.service.jobs import state_folder
from mien.service.jobs.state_folder import StateFolderError, abandoned_folders, lock_state_folder


def test_two_servers_have_a_folder_each_and_a_dead_ones_is_free(tmp_path: Path) -> None:
    first, second = lock_state_folder(tmp_path), lock_state_folder(tmp_path)
    assert (first.folder.name, second.folder.name) == ("1", "2")
    first.close()
    again = lock_state_folder(tmp_path)
    assert again.folder.name == "1"
    again.close()
    second.close()


def test_the_lock_goes_with_its_process_however_that_ends(tmp_path: Path) -> None:
    code = "import sys, pathlib; from mien.service.jobs.state_folder import lock_state_folder\n"
    code += "p = lock_state_folder(pathlib.Path(sys.argv[1])); print(p.folder.name, flush=True); input()"
    paths = os.pathsep.join(sys.path)
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip
    assert child.stdout.readline() == "1\n"
    beside = lock_state_folder(tmp_path)
    assert beside.folder.name == "2"
    child.kill()
    child.communicate()
    after = lock_state_folder(tmp_path)
    assert after.folder.name == "1"
    for state in (beside, after):
        state.close()


def test_what_was_half_written_is_swept_away_and_the_rest_stays(tmp_path: Path) -> None:
    first = lock_state_folder(tmp_path)
    part = first.new_file("take")
    part.write_bytes(b"half")
    (first.files / "whole").write_bytes(b"whole")
    first.close()
    again = lock_state_folder(tmp_path)
    assert not part.exists() and (again.files / "whole").exists() and again.new_file("take") != part
    again.close()


def test_folders_left_behind_are_found_and_cleared(tmp_path: Path) -> None:
    first, second, third = (lock_state_folder(tmp_path) for _ in range(3))
    for state in (second, third):
        state.database.write_bytes(b"jobs")
    second.close()
    abandoned = abandoned_folders(tmp_path)
    assert [state.folder.name for state in abandoned] == ["2"]  # the third still runs
    abandoned[0].clear()
    abandoned[0].close()
    assert abandoned_folders(tmp_path) == []
    for state in (first, third):
        state.close()


def test_too_many_servers_and_a_folder_that_cannot_be_written_are_sentences(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(state_folder, "FOLDERS", 1)
    only = lock_state_folder(tmp_path)
    with pytest.raises(StateFolderError, match="1 backends are running on the data folder .* another --data-folder"):
        lock_state_folder(tmp_path)
    only.close()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateFolderError, match="cannot keep its jobs in .*another --data-folder"):
        lock_state_folder(tmp_path / "file")
