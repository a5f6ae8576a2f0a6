# SPDX-License-Identifier: GPL-3.0-or-later
"""The flags of a direction, the one intensity where none is named (of commands, plans, the page and the panel), and
who is seen in a preview."""

import argparse
import re
from pathlib import Path

import pytest
from checkout import BACKEND, ROOT
from mien.batch.line import Defaults
from mien.cli.flags import add_direction_flags, add_preview_flags, direction_of, previewed_identity
from mien.direction import INTENSITY, LEVELS, Direction
from mien.heads.default import HeadChoice, load_head
from mien.heads.identity import Identity


def direction(*flags: str) -> Direction:
    command = argparse.ArgumentParser()
    add_direction_flags(command)
    return direction_of(command.parse_args(flags))


def test_the_intensity_is_medium_where_none_is_named(tmp_path: Path) -> None:
    assert direction("--emotion", "happy").intensity.constant == INTENSITY == LEVELS["medium"]
    assert direction("--emotion", "happy", "--intensity", "high").intensity.constant == 1.0
    assert Defaults().direction.intensity.constant == INTENSITY
    (tmp_path / "d.json").write_text('{"emotion": "happy"}')
    assert direction("--direction", str(tmp_path / "d.json")) == direction("--emotion", "happy")


@pytest.mark.parametrize(
    ("file", "pattern", "unit"),
    [
        (ROOT / "addon" / "scene" / "direction.py", r"^INTENSITY = ([\d.]+)", 1.0),
        (
            BACKEND / "mien" / "service" / "http" / "page" / "static" / "index.html",
            r'id="speak-intensity"[^>]* value="(\d+)"',
            100.0,
        ),
    ],
    ids=["panel", "page"],
)
def test_panel_and_page_begin_there_too(file: Path, pattern: str, unit: float) -> None:
    found = re.search(pattern, file.read_text("utf-8"), re.MULTILINE)
    assert found is not None and float(found[1]) / unit == INTENSITY


def previewed(*flags: str) -> Identity | None:
    command = argparse.ArgumentParser()
    add_preview_flags(command, "the take")
    return previewed_identity(command.parse_args(flags), load_head())


def test_a_preview_shows_the_person_that_blender_adds_unless_told_otherwise() -> None:
    person = re.search(
        r'^PLAIN, PERSON = "plain", "(\w+)"', (ROOT / "addon" / "ui" / "operators.py").read_text("utf-8"), re.M
    )
    shown = previewed("--preview", "a.mp4")
    assert person is not None and shown is not None and shown.name == person[1] and shown.hair is not None
    other = previewed("--preview", "a.mp4", "--identity", "man_b")
    assert other is not None and other.name == "man_b"
    assert previewed("--preview", "a.mp4", "--identity", "plain") is None
    assert previewed() is None
    with pytest.raises(HeadChoice, match="add --preview"):
        previewed("--identity", "man_b")
