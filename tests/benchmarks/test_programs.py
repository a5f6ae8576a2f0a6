# SPDX-License-Identifier: GPL-3.0-or-later
import ast
import string

import pytest
from mien.benchmarks import programs

PYTHON = {name: text for name, text in vars(programs).items() if name.isupper() and name != "RHUBARB"}
BODIES = {"APPLY", "PLAYED", "SHAPES", "INSERT"}  # of BLENDER, which takes the time
FILLED = {
    "engine": "articulation",
    "takes": 1,
    "size": (64, 64),
    "drawn": 2,
    "end": 1,
    "side": 64,
    "photo": "a.jpg",
    "seconds": 1.0,
    "frames": 2,
    "body": "pass",
}


@pytest.mark.parametrize("name", PYTHON)
def test_a_program_is_python_and_takes_the_time(name: str) -> None:
    words = {word for _, word, _, _ in string.Formatter().parse(PYTHON[name]) if word} & set(FILLED)
    tree = ast.parse(PYTHON[name].format(**FILLED) if words else PYTHON[name])
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert name in BODIES or {"begin", "seconds"} <= names
