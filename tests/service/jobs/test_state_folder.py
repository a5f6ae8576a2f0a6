# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mien.service.jobs import state_folder
from mien.service.jobs.state_folder import PlaceError, left_places, take_place


def test_two_servers_have_a_folder_each_and_a_dead_ones_is_free(tmp_path: Path) -> None:
    first, second = take_place(tmp_path), take_place(tmp_path)
    assert (first.folder.name, second.folder.name) == ("1", "2")
    first.close()
    again = take_place(tmp_path)
    assert again.folder.name == "1"
    again.close()
    second.close()


def test_the_lock_goes_with_its_process_however_that_ends(tmp_path: Path) -> None:
    code = "import sys, pathlib; from mien.service.jobs.state_folder import take_place\n"
    code += "p = take_place(pathlib.Path(sys.argv[1])); print(p.folder.name, flush=True); input()"
    paths = os.pathsep.join(sys.path)
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip
    assert child.stdout.readline() == "1\n"
    beside = take_place(tmp_path)
    assert beside.folder.name == "2"
    child.kill()
    child.communicate()
    after = take_place(tmp_path)
    assert after.folder.name == "1"
    for each in (beside, after):
        each.close()


def test_what_was_half_written_is_swept_away_and_the_rest_stays(tmp_path: Path) -> None:
    first = take_place(tmp_path)
    part = first.new_file("take")
    part.write_bytes(b"half")
    (first.files / "whole").write_bytes(b"whole")
    first.close()
    again = take_place(tmp_path)
    assert not part.exists() and (again.files / "whole").exists() and again.new_file("take") != part
    again.close()


def test_folders_left_behind_are_found_and_cleared(tmp_path: Path) -> None:
    first, second, third = (take_place(tmp_path) for _ in range(3))
    for each in (second, third):
        each.database.write_bytes(b"jobs")
    second.close()
    left = left_places(tmp_path)
    assert [each.folder.name for each in left] == ["2"]  # the third still runs
    left[0].clear()
    left[0].close()
    assert left_places(tmp_path) == []
    for each in (first, third):
        each.close()


def test_too_many_servers_and_a_folder_that_cannot_be_written_are_sentences(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(state_folder, "PLACES", 1)
    only = take_place(tmp_path)
    with pytest.raises(PlaceError, match="1 backends are running on the data folder .* another --data-folder"):
        take_place(tmp_path)
    only.close()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PlaceError, match="cannot keep its jobs in .*another --data-folder"):
        take_place(tmp_path / "file")
