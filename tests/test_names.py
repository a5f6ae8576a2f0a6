# SPDX-License-Identifier: GPL-3.0-or-later
"""Names are the field's terms: words of a former dialect of this project name nothing in either half any more."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

DIALECT = {"told", "heard", "hearing", "listening", "asked", "desk", "shelf", "pump", "dress", "survey", "felt", "worn"}


def identifiers(path: Path) -> Iterator[str]:
    """Every name that a file gives to a thing, or uses: modules, classes, functions, parameters, variables, fields."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name, asname=other):
                yield from (name, other or "")


def words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace(".", "_").split("_"))


@pytest.mark.parametrize("half", ["addon", "backend/mien"])
def test_no_name_is_of_the_former_dialect(half: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / half).rglob("*.py")
        for name in identifiers(path)
        if words(name) & DIALECT
    }
    assert not found


def test_a_name_of_the_dialect_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("def hear(*, asked_for): heardOnce = asked_for.pump\n")
    assert {word for name in identifiers(file) for word in words(name) & DIALECT} == {"asked", "heard", "pump"}
