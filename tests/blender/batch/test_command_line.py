# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --command mien`: what it makes, saves and writes, and how it ends. Run as the function Blender calls."""

import json
import os
import signal

import bpy
import pytest

from addon.batch import command_line, rendering
from addon.connection import preferences


@pytest.fixture
def backend(backend, monkeypatch):
    """One that only its address on the command line leads to."""
    monkeypatch.setattr(preferences._Defaults, "address", "http://127.0.0.1:9")
    return backend


@pytest.fixture
def film(toy_head, voice, tmp_path):
    """A saved film of one speaker with three lines; its path."""
    for number in (1, 2, 3):
        path = tmp_path / f"{number}.wav"
        path.write_bytes(voice.read_bytes() + bytes([number]))
        bpy.ops.mien.new_line()
        line = toy_head.mien.lines[-1]
        line.sound, line.start_frame, line.name = str(path), 30 * number, f"Line {number}"
    path = tmp_path / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def mien(backend, tmp_path):
    """Runs the command with the backend and a JSON file; (exit status, what the file says)."""

    def run(*arguments: str) -> tuple[int, dict]:
        file = tmp_path / "report.json"
        file.unlink(missing_ok=True)
        status = command_line.run([*arguments, "--backend", backend.address, "--json", str(file)])
        return status, json.loads(file.read_text(encoding="utf-8"))

    return run


def speaker():
    return bpy.data.objects["Toy head"]


def test_bake_saves_and_report_finds_all_up_to_date(film, mien):
    status, report_json = mien("bake", "--save")
    assert (status, report_json["status"], report_json["command"], report_json["counts"]) == (0, 0, "bake", {"made": 3})
    assert [line["line"] for line in report_json["lines"]] == ["Line 1", "Line 2", "Line 3"]
    bpy.ops.wm.open_mainfile(filepath=str(film))
    assert [len(line.takes) for line in speaker().mien.lines] == [1, 1, 1]
    assert mien("report") == (0, {**report_json, **mien("report")[1]})
    assert mien("report")[1]["counts"] == {"fresh": 3}


def test_a_report_of_a_film_that_is_not_baked_is_not_zero(film, mien):
    status, report_json = mien("report")
    assert status == 1 and report_json["counts"] == {"due": 3} and report_json["whole"] is False
    assert len(bpy.data.actions) == 0


def test_a_line_that_fails_makes_the_exit_status(film, mien, tmp_path, capfd):
    (tmp_path / "2.wav").unlink()
    status, report_json = mien("bake", "--save")
    assert status == 1 and report_json["counts"] == {"made": 2, "failed": 1}
    assert "Toy head / Line 2  failed: There is no sound file" in capfd.readouterr().err


def test_another_file_is_written_and_the_film_is_left(film, mien, tmp_path):
    before, out = film.read_bytes(), tmp_path / "baked.blend"
    assert mien("bake", "--output", str(out))[0] == 0
    assert film.read_bytes() == before and bpy.data.filepath == str(film)
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert [len(line.takes) for line in speaker().mien.lines] == [1, 1, 1]


def test_only_what_was_named_and_anew_when_forced(film, mien, backend):
    assert mien("bake", "--line", "Line 2", "--line", "Line 3")[1]["counts"] == {"made": 2}
    assert mien("bake", "--speaker", "Toy head", "--force")[1]["counts"] == {"made": 3}
    assert len(backend.requests) == 5


def test_without_saving_nothing_is_written(film, mien):
    before = film.read_bytes()
    assert mien("bake")[0] == 0
    assert film.read_bytes() == before


def test_a_wrong_command_line_is_2_and_says_so(film, mien, tmp_path, capfd):
    assert command_line.run(["cook"]) == 2 and command_line.run([]) == 2
    assert "invalid choice: 'cook'" in capfd.readouterr().err
    status, report_json = mien("bake", "--scene", "Shot 2")
    assert (
        status == 2
        and "There is no scene 'Shot 2'" in report_json["error"]
        and "it has 'Scene'" in report_json["error"]
    )
    assert mien("bake", "--output", str(tmp_path / "gone" / "film.blend"))[0] == 2
    assert command_line.run(["--help"]) == 0
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert "no file to save" in mien("bake", "--save")[1]["error"]


def test_a_read_only_film_is_refused_before_the_bake(film, mien, backend, monkeypatch):
    monkeypatch.setattr(command_line.os, "access", lambda path, mode: False)  # root may write what is read-only
    status, report_json = mien("bake", "--save")
    assert status == 2 and f"'{film}' cannot be written" in report_json["error"] and backend.requests == []


def test_the_first_backup_stays_the_film_as_it_was(film, mien, monkeypatch):
    monkeypatch.setattr(command_line, "SAVE_S", 0.0)  # a save after each line
    before = film.read_bytes()
    assert mien("bake", "--save")[0] == 0
    assert film.with_suffix(".blend1").read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_is_done_and_saves_it(film, mien, backend, number, capfd):
    plain = backend.take

    def struck(**meta):
        if len(backend.requests) >= 2 and not struck.done:
            struck.done = True
            os.kill(os.getpid(), number)
        return plain(**meta)

    struck.done = False
    backend.take = struck
    before = signal.getsignal(number)
    status, report_json = mien("bake", "--save")
    assert status == command_line.INTERRUPTED and report_json["counts"].get("cancelled")
    assert signal.getsignal(number) == before
    backend.take = plain
    bpy.ops.wm.open_mainfile(filepath=str(film))
    status, report_json = mien("bake", "--save")
    assert status == 0 and "cancelled" not in report_json["counts"]


def test_no_backend_is_a_sentence_for_each_line(film, tmp_path, backend):
    file = tmp_path / "report.json"
    assert command_line.run(["bake", "--json", str(file)]) == 1
    report_json = json.loads(file.read_text())
    assert report_json["counts"] == {"failed": 3} and "No backend answers" in report_json["lines"][0]["why"]


def test_render_refuses_without_a_camera_and_with_a_failed_line(film, mien, tmp_path, capfd):
    status, report_json = mien("render")
    assert status == 2 and "no camera" in report_json["error"]
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    assert "no range" in mien("render", "--frames", "9-3")[1]["error"]
    (tmp_path / "1.wav").unlink()
    assert mien("render")[0] == 1
    assert "nothing was rendered" in capfd.readouterr().err


def test_render_bakes_and_renders_the_frames(film, mien, tmp_path, monkeypatch):
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    scene.render.engine, scene.render.resolution_percentage = "BLENDER_WORKBENCH", 5
    status, report_json = mien("render", "--frames", "31-32", "--to", str(tmp_path / "pictures" / "f_"))
    assert status == 0 and report_json["counts"] == {"made": 3}
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["f_0031.png", "f_0032.png"]


@pytest.mark.parametrize("preview", [(), ("--preview",)])
def test_a_path_without_a_folder_is_where_the_command_runs(film, mien, tmp_path, monkeypatch, preview):
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    scene.render.engine, scene.render.resolution_percentage = "BLENDER_WORKBENCH", 5
    monkeypatch.chdir(tmp_path)
    assert mien("render", "--frames", "31-32", "--to", "f_", *preview)[0] == 0
    assert [path for path in tmp_path.glob("f_*") if path.stat().st_size]


@pytest.mark.parametrize("preview", [(), ("--preview",)])
def test_what_blender_cannot_write_is_no_success(film, mien, tmp_path, preview):
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    scene.render.engine, scene.render.resolution_percentage = "BLENDER_WORKBENCH", 5
    status, report_json = mien("render", "--frames", "31-31", "--to", str(film / "f_"), *preview)
    assert status == 2 and "was not rendered" in report_json["error"]


def test_a_preview_is_a_small_film():
    scene = bpy.context.scene
    rendering._as_preview(scene)
    assert scene.render.engine == "BLENDER_WORKBENCH" and scene.render.is_movie_format
    assert rendering.frames_of("-5--2") == (-5, -2) and rendering.frames_of("7") == (7, 7)


@pytest.mark.parametrize("there", [False, True])
def test_a_film_that_was_not_opened_is_said_to_be_missing(tmp_path, monkeypatch, capsys, there):
    """Blender runs the command all the same, with its startup file."""
    path = tmp_path / "film.blend"
    if there:
        path.write_bytes(b"no film")
    monkeypatch.setattr("sys.argv", ["blender", "-b", str(path), "--command", "mien", "report"])
    assert command_line.run(["report", "--json", str(tmp_path / "report.json")]) == command_line.USAGE_ERROR
    said = capsys.readouterr().err
    assert str(path) in said and ("could not open" if there else "is not there") in said
    assert json.loads((tmp_path / "report.json").read_text())["status"] == command_line.USAGE_ERROR
