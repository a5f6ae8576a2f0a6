# SPDX-License-Identifier: GPL-3.0-or-later
"""The flags of a direction, and the one intensity where none is named: of commands, plans, the page and the panel."""

import argparse
import re
from pathlib import Path

import pytest
from checkout import BACKEND, ROOT
from mien.batch.line import Defaults
from mien.cli.flags import add_direction_flags, direction_of
from mien.direction import INTENSITY, LEVELS, Direction


def direction(*flags: str) -> Direction:
    command = argparse.ArgumentParser()
    add_direction_flags(command)
    return direction_of(command.parse_args(flags))


def test_the_intensity_is_medium_where_none_is_named(tmp_path: Path) -> None:
    assert direction("--emotion", "happy").intensity.constant == INTENSITY == LEVELS["medium"]
    assert direction("--emotion", "happy", "--intensity", "high").intensity.constant == 1.0
    assert Defaults().direction.intensity.constant == INTENSITY
    (tmp_path / "d.json").write_text('{"emotion": "happy"}')  # shows what it says
    assert direction("--direction", str(tmp_path / "d.json")).intensity.constant == 1.0


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
