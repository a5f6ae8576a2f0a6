# SPDX-License-Identifier: GPL-3.0-or-later
"""The data folder is the user's alone, whatever the umask, and whoever makes it."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mien.files.private_folder import make_private_folder
from mien.service.jobs.state_folder import lock_state_folder
from mien.service.network.certificate import own_certificate
from mien.service.network.running_backends import RunningBackend, registered
from mien.service.network.tokens import Tokens

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def _registered(folder: Path) -> None:
    with registered(folder / "running", RunningBackend(os.getpid(), "http://127.0.0.1:1")):
        pass


MAKERS: dict[str, Callable[[Path], object]] = {
    "itself": make_private_folder,
    "token": lambda folder: Tokens(folder / "clients").add("anna"),
    "certificate": lambda folder: own_certificate(folder / "tls.pem"),
    "running": _registered,
    "jobs": lambda folder: lock_state_folder(folder).close(),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_nobody_else_may_write_where_it_is_made(tmp_path: Path, maker: str) -> None:
    folder = tmp_path / "missing" / "data"
    MAKERS[maker](folder)
    for each in (folder.parent, folder, *(path for path in folder.iterdir() if path.is_dir())):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700, each


def test_a_folder_that_others_could_write_in_is_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o777)
    make_private_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(OSError):
        make_private_folder(tmp_path / "data" / "clients")
