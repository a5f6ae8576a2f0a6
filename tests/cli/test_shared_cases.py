# SPDX-License-Identifier: GPL-3.0-or-later
"""The small inputs of ../shared/cases that once failed, on the command line: files, outputs and meshes.

Those of sounds are in tests/audio. They are beside the checkout of developers, and the tests say so where they are not.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES, SHARED
from mien.bind.bind import BindResult, bind
from mien.bind.mesh import read_mesh
from mien.bind.pick_file import read_picks
from mien.cli.main import main
from mien.files.safetensors import read_tensors

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases, inputs that once failed, are not here")
SOUND = str(SAMPLES / "mono_16k.wav")
SPEAK = ("speak", SOUND, "--engine", "articulation")
BIND = ("bind", "plain.obj", "--picks", "plain.json")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that copies one case and works there."""

    def at(name: str) -> Path:
        for path in (CASES / name).iterdir():
            shutil.copyfile(path, tmp_path / path.name)
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return at


def bound_of(mesh: str, picks: str) -> BindResult:
    return bind(read_mesh(Path(mesh)), read_picks(Path(picks)))


def test_output_is_an_input(case) -> None:
    case("output_is_an_input")
    mesh = Path("plain.obj").read_bytes()
    assert main((*BIND, "-o", "plain.obj")) == 2 and Path("plain.obj").read_bytes() == mesh
    Path("dir.json").write_text("{}")
    for flag in ("--direction", "--transcript"):
        assert main((*SPEAK, flag, "dir.json", "-o", "dir.json")) == 2 and Path("dir.json").read_text() == "{}"
    assert main((*SPEAK, "-o", "x.mp4", "--preview", "x.mp4")) == 2 and not Path("x.mp4").exists()


def test_part_files(case) -> None:
    folder = case("part_files")
    Path("x.part").write_text("MINE")
    Path("victim").write_text("SECRET")
    Path("y.part").symlink_to(folder / "victim")
    for name in ("x", "y"):
        assert main((*BIND, "-o", f"{name}.safetensors")) == 0
        assert not Path(f"{name}.safetensors").is_symlink() and read_tensors(Path(f"{name}.safetensors"))[0]
    assert Path("x.part").read_text() == "MINE" and Path("victim").read_text() == "SECRET"
    assert Path("y.part").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_data_folder_umask(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "d"))
    before = os.umask(0)
    try:
        assert main(("serve", "--add-client", "anna")) == 0
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("d", "d/clients")] == [0o700, 0o700]


def test_temp_name_shown(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(SOUND, tmp_path / f"{'n' * 236}.wav")
    main(("speak", f"{'n' * 236}.wav", "--engine", "articulation"))
    assert ".part" not in capsys.readouterr().err


def test_flame_wrong_download(case, capsys) -> None:
    case("flame_wrong_download")
    for name, words in (("html", "it is a web page"), ("zip", "it is the zip archive of a download")):
        assert main(("models", "import", f"{name}.pkl", "--accept")) == 3
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["deflate.npz", "big_index.obj"])
def test_tracebacks_of_bind(case, capsys, fault: str) -> None:
    case("tracebacks_of_bind")
    assert main(("bind", fault, "--picks", "plain.json", "-o", "a.safetensors")) == 3
    assert capsys.readouterr().err.startswith(f"mien: {fault}: ") and not Path("a.safetensors").exists()


def test_tracebacks_of_bind_heat(case, capsys) -> None:
    case("part_files")
    for heat in ("fit.xyz", "fit"):
        assert main((*BIND, "-o", "a.safetensors", "--heat", heat)) == 2
        assert "the heat map is written as .png" in capsys.readouterr().err and not Path("a.safetensors").exists()


def test_picks_sides_swapped(case, capsys) -> None:
    case("picks_sides_swapped")
    assert main(("bind", "picks_swapped.obj", "--picks", "picks_swapped.json", "-o", "a.safetensors")) == 3
    assert "right and left are swapped" in capsys.readouterr().err and not Path("a.safetensors").exists()


def test_faces_inside_out(case) -> None:
    case("faces_inside_out")
    bound = bound_of("inside_out.obj", "inside_out.json")
    assert bound.report["inside_out"] and bound.warnings == () and bound.report["fit_mm"]["p95"] < 0.5


@pytest.mark.parametrize(("mesh", "picks"), [("seam_ear-to-ear.npz", "plain.json"), ("unwelded.obj", "unwelded.json")])
def test_split_vertices_bind(case, mesh: str, picks: str) -> None:
    """The seam tore by 20.9 mm; faces on their own were refused."""
    case("split_vertices_bind")
    bound, vertices = bound_of(mesh, picks), read_mesh(Path(mesh)).vertices
    assert bound.warnings == () and bound.report["fit_mm"]["p95"] < 0.5
    _, place = np.unique(vertices, axis=0, return_inverse=True)
    for delta in bound.deltas:
        full = np.zeros_like(vertices)
        full[bound.moved] = delta
        mean = np.stack([np.bincount(place.ravel(), full[:, k]) for k in range(3)], 1)
        mean /= np.bincount(place.ravel())[:, None]
        assert np.abs(full - mean[place.ravel()]).max() < 1e-9
    assert json.loads(json.dumps(bound.report))["mouth_cut"] == 0
