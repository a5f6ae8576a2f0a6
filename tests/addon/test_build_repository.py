# SPDX-License-Identifier: GPL-3.0-or-later
"""An extension repository, with a stand-in for Blender; tests/blender/headless/repository.py has a real one."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from addon import build_repository
from addon.build_extension import BuildError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a shebang")


def stand_in(folder: Path, lines: str) -> str:
    path = folder / "blender"
    path.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{lines}\n")
    path.chmod(0o755)
    return str(path)


INDEXES = """
if "server-generate" in sys.argv:
    folder = pathlib.Path(next(a for a in sys.argv if a.startswith("--repo-dir=")).partition("=")[2])
    (folder / "index.json").write_text(" ".join(sorted(path.name for path in folder.glob("*.zip"))))
"""


def test_the_index_has_this_version_beside_earlier_ones(tmp_path: Path) -> None:
    folder = tmp_path / "extensions"
    folder.mkdir()
    (folder / "mien-0.0.1.zip").write_bytes(b"an earlier version")
    index = build_repository.build_repository(folder, stand_in(tmp_path, INDEXES))
    names = index.read_text().split()
    assert names[0] == "mien-0.0.1.zip" and len(names) == 2
    with zipfile.ZipFile(folder / names[1]) as archive:
        assert "blender_manifest.toml" in archive.namelist()
        assert not [name for name in archive.namelist() if name.startswith("build_")]


def test_a_blender_that_writes_no_index_is_said(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="wrote no index"):
        build_repository.build_repository(tmp_path / "extensions", stand_in(tmp_path, ""))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "none is on the PATH"), (["--blender", "no-such-program"], "'no-such-program' is no program")],
)
def test_without_blender_it_says_what_to_do(arguments, sentence, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["build_repository.py", "--out", str(tmp_path / "out"), *arguments])
    assert build_repository.main() == 1
    assert sentence in capsys.readouterr().err and not (tmp_path / "out").exists()
