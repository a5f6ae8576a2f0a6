# SPDX-License-Identifier: GPL-3.0-or-later
"""Every writer of the backend against every failure: the former file is left whole, and nothing beside it."""

from __future__ import annotations

import errno
import importlib.util
import os
import re
import signal
import stat
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
import pytest
from checkout import BACKEND, SAMPLES
from mien.export import FORMATS, export
from mien.files import atomic, card, markdown
from mien.heads.default import load_head
from mien.service.network.tokens import write_privately
from mien.service.server import _write_port
from mien.take import read_take, write_take
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.utterance import Utterance, Voice
from mien.video import VideoError
from mien.video.writer import write_film

USD = importlib.util.find_spec("pxr") is not None
resource = pytest.importorskip("resource", reason="the full disk is a limit of POSIX")
TAKE = replace(
    read_take(SAMPLES / "two_frames.take.safetensors"),
    joints=np.zeros((2, 1, 3), np.float32),
    joint_names=("spine",),
    meta={"phones": '[["M", 0, 0.04], ["AA", 0.04, 0.08]]'},
)
FORMER = b"<!-- s -->\nthe former file\n<!-- /s -->\n"
UTTERANCE = Utterance(Voice("toy", "one", "en"), "a", np.zeros(1600, np.float32), (("a", 0.0, 0.1),))


def _card(path: Path) -> None:
    card.write_with_card(path, {"a": np.zeros(3, np.float32)}, {}, {"name": "x"})


def _film(path: Path) -> None:
    write_film(path, [np.zeros((16, 16, 3), np.uint8)] * 3, Fraction(25))


WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "bytes": ("a.bin", lambda path: atomic.write_whole(path, b"new" * 9)),
    "take": ("a.take.safetensors", lambda path: write_take(TAKE, path)),
    "card": ("a.safetensors", _card),
    "section": ("a.md", lambda path: markdown.write_section(path, "s", "new")),
    "film": ("a.mp4", _film),
    "private": ("a.json", lambda path: write_privately(path, b"new" * 9)),
    "port": ("port.json", lambda path: _write_port(path, 8642)),
    "corpus": ("a.flac", lambda path: write_unit(path.parent, "a", 0, [UTTERANCE])),
} | {
    f"export{suffix}": (f"a{suffix}", lambda path: export(TAKE, load_head(), path))
    for suffix in FORMATS
    if suffix != ".npz" and (USD or not suffix.startswith(".usd"))  # which need a FLAME, and a package
}
KNOWN = (OSError, VideoError)


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[], object]]:
    """A file with other content, and a function that replaces it."""
    name, write = WRITERS[request.param]
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    path.write_bytes(FORMER)
    return path, lambda: write(path)


def assert_untouched(path: Path) -> None:
    assert path.read_bytes() == FORMER
    assert list(path.parent.iterdir()) == [path]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond 16 bytes; to a program it is as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_file_is_replaced_and_nothing_else_is_left(writer) -> None:
    path, write = writer
    write()
    assert path.read_bytes() not in (FORMER, b"")
    assert not [other for other in path.parent.iterdir() if other.name.startswith(".")]
    assert not stat.S_IMODE(path.stat().st_mode) & 0o111


def test_without_room_the_former_file_stays(writer) -> None:
    path, write = writer
    with full_disk(), pytest.raises((*KNOWN, RuntimeError)):
        write()
    assert_untouched(path)


def test_a_kill_before_the_end_leaves_the_former_file(writer) -> None:
    """The process is killed when all is written and nothing renamed; what it leaves has a name that nobody reads."""
    path, write = writer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork in a process with threads
        child = os.fork()
    if not child:
        Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        try:
            write()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert path.read_bytes() == FORMER
    left = [other.name for other in path.parent.iterdir() if other != path]
    assert left and all(name.startswith(".") and ".part" in name for name in left)


def test_a_folder_that_cannot_be_written_is_an_error(writer) -> None:
    path, write = writer
    path.parent.chmod(0o500)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises((*KNOWN, RuntimeError)):
            write()
    finally:
        path.parent.chmod(0o700)
    assert_untouched(path)


def test_a_folder_in_its_place_stays(writer) -> None:
    path, write = writer
    path.unlink()
    path.mkdir()
    (path / "inside").write_bytes(b"kept")
    with pytest.raises((*KNOWN, RuntimeError)):
        write()
    assert (path / "inside").read_bytes() == b"kept"
    assert not [other for other in path.parent.iterdir() if other.name.startswith(".")]


def test_a_link_is_replaced_and_not_followed(writer, tmp_path: Path) -> None:
    path, write = writer
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(FORMER)
    path.unlink()
    path.symlink_to(elsewhere)
    write()
    assert elsewhere.read_bytes() == FORMER and not path.is_symlink()


OTHERWISE = {  # files that are written without `files.atomic`, and why
    "export": "export() gives the formats a temporary path",
    "benchmarks": "into a temporary folder",
    "service/http/bind_routes.py": "a new file of the state folder, which the scheduler renames",
    "service/http/upload_form.py": "the same",
    "service/http/page/take_exports.py": "into memory",
    "video/provenance.py": "within atomic_path",
    "service/workers/take_process.py": "a new file of the state folder, which the parent process renames",
    "service/workers/decode_process.py": "the same",
    "service/workers/bind_process.py": "the same",
    "service/workers/ray_worker.py": "the same, in a thread of the server",
    "service/workers/ray_task.py": "into a temporary folder",
}
WRITES = re.compile(
    r"\.write_(bytes|text)\(|open\([^)]*\"[wx]|np\.savez?(_compressed)?\((?!file|data)|savefig\((?!part)"
    r"|mkstemp|os\.(replace|rename)\(|soundfile\.write\((?!part|file)"
)


def test_nothing_in_the_backend_writes_otherwise() -> None:
    lines = []
    for path in sorted((BACKEND / "mien").rglob("*.py")):
        name = path.relative_to(BACKEND / "mien").as_posix()
        if name != "files/atomic.py" and not name.startswith(tuple(OTHERWISE)):
            lines += [f"{name}: {line.strip()}" for line in path.read_text("utf-8").splitlines() if WRITES.search(line)]
    assert lines == []


# --- the functions themselves


def test_the_temporary_name_cannot_be_predicted(tmp_path: Path) -> None:
    names = set()
    for _ in range(20):
        with atomic.atomic_path(tmp_path / "a.png") as part:
            assert part.parent == tmp_path and part.suffix == ".png" and part.name.startswith(".a.")
            names.add(part.name)
    assert len(names) == 20


def test_a_file_prepared_under_the_temporary_name_is_not_written(tmp_path: Path, monkeypatch) -> None:
    """Neither a file nor a link there is opened."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0" * 16)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"kept")
    (tmp_path / ".a.0000000000000000.part").symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        atomic.write_whole(tmp_path / "a", b"new")
    assert elsewhere.read_bytes() == b"kept" and not (tmp_path / "a").exists()


@pytest.mark.parametrize(("umask", "mode", "expected"), [
    (0o022, atomic.EVERYBODY, 0o644), (0o077, atomic.EVERYBODY, 0o600), (0o000, atomic.OWNER, 0o600),
])  # fmt: skip
def test_the_mode_is_that_of_the_umask(tmp_path: Path, umask: int, mode: int, expected: int) -> None:
    before = os.umask(umask)
    try:
        with atomic.atomic_write(tmp_path / "a", mode=mode):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == expected


def test_the_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    for target in (tmp_path / "none" / "a", tmp_path):
        with pytest.raises(OSError) as error, atomic.atomic_write(target) as file:
            file.write(b"x")
        assert error.value.filename == str(target) and ".part" not in str(error.value)
    with pytest.raises(OSError) as error, full_disk(), atomic.atomic_write(tmp_path / "a") as file:
        file.write(bytes(100))
    assert error.value.filename == str(tmp_path / "a")
    with pytest.raises(FileNotFoundError) as error, atomic.atomic_write(tmp_path / "a"):
        (tmp_path / "another").read_bytes()
    assert error.value.filename == str(tmp_path / "another")


def test_a_library_gets_a_path_from_the_root_on(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with atomic.atomic_path(Path("film.mp4")) as part:
        assert part.is_absolute()
        part.write_bytes(b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_an_error_of_ffmpeg_names_the_file_too(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as raised, atomic.atomic_path(tmp_path / "film.mp4") as part:
        raise av.error.OSError(errno.ENOSPC, "No space left on device", str(part))
    assert raised.value.filename == str(tmp_path / "film.mp4") and not list(tmp_path.iterdir())


def test_whatever_the_block_raises_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic.atomic_write(tmp_path / "a") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_it_waits_for_the_disk_before_the_rename(tmp_path: Path, monkeypatch) -> None:
    events = []
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: events.append("fsync"))
    monkeypatch.setattr(Path, "replace", lambda part, path: events.append("rename") or replace(part, path))
    with atomic.atomic_write(tmp_path / "a", sync=True) as file:
        file.write(b"x")
    assert events == ["fsync", "rename"]


def test_several_files_take_their_names_when_all_are_written(tmp_path: Path) -> None:
    paths = (tmp_path / "a", tmp_path / "b")
    with pytest.raises(ZeroDivisionError), atomic.atomic_write_all(paths) as files:
        files[0].write(b"1")
        1 / 0  # noqa: B018
    assert not list(tmp_path.iterdir())
    with atomic.atomic_write_all(paths) as files:
        for file in files:
            file.write(b"1")
        assert not any(path.exists() for path in paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="is a device or a pipe"):
        atomic.write_whole(pipe, b"bytes")
    assert pipe.is_fifo() and [path.name for path in tmp_path.iterdir()] == ["pipe"]


def left_by_a_killed_process(path: Path) -> Path:
    """The temporary file of a process that was killed while it wrote `path`."""
    program = (
        "import os, signal, sys; from pathlib import Path; from mien.files.atomic import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as part:\n"
        "    part.write_bytes(b'half a film'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = os.environ | {"PYTHONPATH": str(BACKEND)}
    assert subprocess.run([sys.executable, "-c", program, path], env=environment, check=False).returncode == -9
    (part,) = path.parent.iterdir()
    return part


def test_what_a_killed_process_left_is_removed_the_next_time(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    part = left_by_a_killed_process(film)
    assert re.fullmatch(r"\.film\.[0-9a-f]{16}\.part\.mp4", part.name) and part.read_bytes() == b"half a film"
    others = [part.with_name(name) for name in (part.name.replace("film", "other"), ".film.mine.part.mp4")]
    for other in others:
        other.write_bytes(b"not of this film")
        os.utime(other, (0, 0))
    atomic.remove_left(film)
    assert part.exists(), "it may be of a process that is about to lock it"
    os.utime(part, (0, 0))
    with atomic.atomic_path(film) as mine:
        mine.write_bytes(b"a film")
    assert sorted(tmp_path.iterdir()) == sorted([film, *others])


def test_what_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with atomic.atomic_path(film) as part:
        os.utime(part, (0, 0))
        atomic.remove_left(film)
        assert part.exists()
    assert film.exists()
    atomic.remove_left(tmp_path / "nowhere" / "film.mp4")
