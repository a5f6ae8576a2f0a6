# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of the backend has the one base class, and with it an exit status."""

from __future__ import annotations

import ast
import builtins
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import BACKEND
from mien.errors import FAILED, FILE, MISSING, STOPPED, USAGE, MienError

OTHERS = {
    "mien.files.safetensors.TensorFileError",  # one text with the extension, which has no MienError
    "mien.service.http.problems.Problem",  # Starlette's, an answer of HTTP
}


def is_builtin_error(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


def declared() -> Iterator[str]:
    """Classes with an error of Python, or a class called like one, among their bases: `module.Class`."""
    for path in sorted((BACKEND / "mien").rglob("*.py")):
        module = ".".join(path.relative_to(BACKEND).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text("utf-8")).body:
            bases = [base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)]
            if any(is_builtin_error(base) or base.endswith(("Error", "Exception")) for base in bases):
                yield f"{module}.{node.name}"


NAMES = [name for name in declared() if name not in OTHERS]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_derives_from_the_base_class(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), MienError)


def test_the_errors_are_found() -> None:
    assert {"mien.take.TakeError", "mien.heads.flame_file.FlameMissing", "mien.errors.MienError"} <= set(NAMES)


def test_exit_statuses_are_those_of_the_readme() -> None:
    assert (FAILED, USAGE, FILE, MISSING, STOPPED) == (1, 2, 3, 4, 130)
    assert MienError.exit_status == FAILED
    readme = Path(BACKEND.parent, "README.md").read_text("utf-8")
    assert "0 done, 1 a part failed, 2 the command or direction is wrong, 3 a file cannot be read" in readme
