# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --command mien dub`, run as the function that Blender calls."""

import json

import bpy
import pytest

from addon.batch import command_line
from addon.scene import sound

WORDS = "Maria Rossi, in writing"


@pytest.fixture
def mien(sequencer, backend, tmp_path, capsys):
    """Runs the command on a saved file with nothing selected; (exit status, standard error)."""
    for strip in sequencer[0]:
        strip.select = False
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))

    def run(*arguments: str) -> tuple[int, str]:
        status = command_line.run(["dub", "--backend", backend.address, *arguments])
        return status, capsys.readouterr().err

    return run


def names() -> list[str]:
    return sorted(strip.name for strip in sound.strips_of(bpy.context.scene, make=False) or ())


def test_a_strip_is_dubbed_and_the_film_saved(mien, backend, tmp_path):
    report = tmp_path / "report.json"
    chosen = ("--movie", "act", "--sound", "line", "--consent", WORDS, "--opening", "0.9", "--when-longer", "loop")
    status, said = mien(*chosen, "--save", "--json", str(report))
    assert (status, "'act dub' is above 'act', from frame 17." in said) == (0, True), said
    options = json.loads(backend.requests[0]["options"])
    assert (options["opening"], options["when_longer"]) == (0.9, "loop")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    assert names() == ["act", "act dub", "line"]
    film = tmp_path / "films" / "act_dub.mp4"
    assert film.is_file() and json.loads(report.read_text()) == {"command": "dub", "film": str(film), "error": ""}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Select a movie strip"),
        (("--movie", "none"), "There is no movie strip 'none'; there is 'act'."),
        (("--movie", "act", "--sound", "none"), "There is no sound strip 'none'; there is 'line'."),
        (("--movie", "act", "--sound", "line"), "State who agreed"),
        (("--scene", "none"), "There is no scene 'none'."),
    ],
)
def test_what_cannot_be_dubbed_is_said(mien, backend, arguments, sentence):
    status, said = mien(*arguments)
    assert status == 2 and sentence in said and not backend.requests


def test_what_the_backend_refuses_is_said_and_nothing_is_saved(mien, backend, tmp_path):
    backend.fail = "No face was found."
    before = (tmp_path / "film.blend").read_bytes()
    status, said = mien("--movie", "act", "--sound", "line", "--consent", WORDS, "--save")
    assert (status, "mien: No face was found." in said) == (1, True)
    assert names() == ["act", "line"] and (tmp_path / "film.blend").read_bytes() == before
