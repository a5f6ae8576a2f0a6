# SPDX-License-Identifier: GPL-3.0-or-later
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from mien.engines.base import Cancelled
from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.unfinished_dub import (
    FOLDER,
    OLD,
    PROCESS,
    TRACK,
    UnfinishedDub,
    remove_unfinished,
    unfinished_dub,
)
from tracks import track

KEY = "0" * 64
PART = range(3)


def encode(path: Path, part: range, pictures) -> None:
    path.write_bytes(b"".join(picture.tobytes() for picture in pictures))


def put(unfinished: UnfinishedDub) -> None:
    unfinished.write(PART, [np.arange(4)] * 3, encode, lambda: [1])  # pyright: ignore[reportArgumentType]


class Killed(BaseException):
    """As good as a kill -9 to the block."""


def killed(tmp_path: Path) -> None:
    with pytest.raises(Killed), unfinished_dub(tmp_path, KEY) as unfinished:
        put(unfinished)
        raise Killed


def test_what_was_done_is_there_after_a_kill(tmp_path: Path) -> None:
    killed(tmp_path)
    with unfinished_dub(tmp_path, KEY) as unfinished:
        assert unfinished.covered(PART) == [1] and unfinished.covered(range(3, 6)) is None
        assert unfinished.path(PART).read_bytes() == np.arange(4).tobytes() * 3
    with unfinished_dub(tmp_path, "1" * 64) as other:
        assert other.covered(PART) is None
    assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_it_is_for_this_user_alone(tmp_path: Path) -> None:
    killed(tmp_path)
    assert stat.S_IMODE((tmp_path / FOLDER / KEY).stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"other bytes"])
def test_a_damaged_part_is_made_again(tmp_path: Path, damage: bytes) -> None:
    killed(tmp_path)
    with unfinished_dub(tmp_path, KEY) as unfinished:
        unfinished.path(PART).write_bytes(damage)
        assert unfinished.covered(PART) is None


def test_a_part_that_was_not_whole_is_not_there(tmp_path: Path) -> None:
    def broken(path: Path, part: range, pictures) -> None:
        path.write_bytes(b"half")
        raise Killed

    with pytest.raises(Killed), unfinished_dub(tmp_path, KEY) as unfinished:
        unfinished.write(PART, [], broken, list)  # pyright: ignore[reportArgumentType]
    with unfinished_dub(tmp_path, KEY) as unfinished:
        assert unfinished.covered(PART) is None and not unfinished.path(PART).exists()


@pytest.mark.parametrize("error", [Cancelled("stopped"), DubError("refused")])
def test_what_is_cancelled_or_refused_leaves_nothing(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)), unfinished_dub(tmp_path, KEY) as unfinished:
        put(unfinished)
        raise error
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_full_disk_leaves_what_was_done(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), unfinished_dub(tmp_path, KEY) as unfinished:
        put(unfinished)
        raise OSError(28, "full")
    with unfinished_dub(tmp_path, KEY) as unfinished:
        assert unfinished.covered(PART) == [1]


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with unfinished_dub(tmp_path, KEY) as one:
        put(one)
        with unfinished_dub(tmp_path, KEY) as other:
            assert other.covered(PART) is None
            put(other)
        assert one.covered(PART) == [1]


def test_what_nobody_came_back_for_goes(tmp_path: Path) -> None:
    killed(tmp_path)
    long_ago = time.time() - OLD - 60
    os.utime(tmp_path / FOLDER / KEY, (long_ago, long_ago))
    with unfinished_dub(tmp_path, "1" * 64):
        assert not (tmp_path / FOLDER / KEY).exists()


def test_what_is_at_work_stays_whatever_the_clock_says(tmp_path: Path) -> None:
    with unfinished_dub(tmp_path, KEY), unfinished_dub(tmp_path, KEY):
        folders = list((tmp_path / FOLDER).iterdir())
        for folder in folders:
            os.utime(folder, (0, 0))
        with unfinished_dub(tmp_path, "1" * 64):
            assert len(folders) == 2 and all(folder.exists() for folder in folders)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_who_killed_a_process_removes_what_its_dub_has_left(tmp_path: Path) -> None:
    killed(tmp_path)
    (other := tmp_path / FOLDER / ("1" * 64)).mkdir()
    (other / PROCESS).write_text(f"{os.getpid()}0")
    remove_unfinished(tmp_path, os.getpid())
    assert list((tmp_path / FOLDER).iterdir()) == [other]
    remove_unfinished(tmp_path / "elsewhere", os.getpid())


def test_a_track_is_made_once_and_again_when_it_is_damaged(tmp_path: Path) -> None:
    made = []

    def make():
        made.append(1)
        return track(5)

    with unfinished_dub(tmp_path, KEY) as unfinished:
        first, second = unfinished.track(make), unfinished.track(make)
        assert len(made) == 1 and first.to_bytes() == second.to_bytes() == track(5).to_bytes()
        (tmp_path / FOLDER / KEY / TRACK).write_bytes(b"damaged")
        assert unfinished.track(make).to_bytes() == first.to_bytes() and len(made) == 2
