# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom: each half is a list of layers, and a room imports itself and what stands before it, never after.

The extension and the backend share no code at all: `addon/` never imports `mien`.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

MOST_FILES = 21  # of Python in one folder: a newcomer reads that many names at once

# A room is a folder or a module; of two that match, the longer name counts. `engines.*` stands for each folder there.
BACKEND = (
    ("errors", "numeric", "nn", "channels", "eye_look", "settings"),
    ("files", "audio", "video"),
    ("take", "speech_analysis", "direction", "face_tracking", "body_tracking"),
    ("heads", "body"),
    ("engines.base", "engines.analysis", "engines.articulation", "engines.neural"),
    ("engines.film_options", "engines.staged_progress"),
    ("engines.toy", "engines.*"),
    ("engines", "export", "bind", "preview"),
    ("photo", "tagged", "tongue"),
    (
        "take_request",
        "performance",
        "film_take",
        "models",
        "speak",
        "idle",
        "dub",
        "landmarks",
        "portrait",
        "talk",
        "track_request",
        "film_request",
        "batch",
    ),
    ("service", "service.errors", "service.process_alive", "service.monitoring", "service.network", "service.workers"),
    ("service.jobs",),
    ("service.http",),
    ("service.server", "training", "persona"),
    ("evaluation", "benchmarks", "doctor"),
    ("cli",),
    ("__main__",),
)
ADDON = (
    ("package", "formats"),
    ("connection", "animation"),
    ("body", "shape_keys"),
    ("default_head", "scene"),
    ("generation", "default_body"),
    ("binding", "video", "batch", "landmarks"),
    ("ui",),
    ("__init__", "api", "build_extension", "build_repository", "examples"),
)


def imports(path: Path, package: str, folder: Path) -> Iterator[str]:
    """The modules of `package` that a file imports, as dotted names below it; in functions and in `if TYPE_CHECKING`,
    too."""
    here = list(path.relative_to(folder).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            named = (alias.name for alias in node.names if package_of(alias.name) == package)
            yield from (name.removeprefix(package).removeprefix(".") for name in named)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                start = here[: len(here) - node.level + 1] + (node.module.split(".") if node.module else [])
            elif node.module and package_of(node.module) == package:
                start = node.module.split(".")[1:]
            else:
                continue
            for alias in node.names:
                parts = [*start, alias.name]
                is_module = folder.joinpath(*parts).is_dir() or folder.joinpath(*parts).with_suffix(".py").is_file()
                yield ".".join(parts if is_module else start)


def package_of(module: str) -> str:
    return module.partition(".")[0]


def layer_of(module: str, layers: tuple[tuple[str, ...], ...]) -> tuple[int, int] | None:
    """(layer, place in it) of the room that a module is in; None where no row names it."""
    best, place = -1, None
    for i, layer in enumerate(layers):
        for j, room in enumerate(layer):
            stem, star, _ = room.partition(".*")
            inside = module == room or module.startswith(f"{room}.") or (bool(star) and module.startswith(f"{stem}."))
            length = len(stem) + bool(star) / 2
            if inside and length > best:
                best, place = length, (i, j)
    return place


@functools.cache
def imports_of_half(package: str, folder: Path) -> dict[str, frozenset[str]]:
    """For each module of a half the modules of it that it imports."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        module = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        modules[module] = frozenset(imports(path, package, folder))
    return modules


def violations(package: str, folder: Path, layers: tuple[tuple[str, ...], ...]) -> list[str]:
    """One sentence for each import against the table, and for each module that no row names."""
    found = []
    for module, targets in imports_of_half(package, folder).items():
        mine = layer_of(module, layers)
        if mine is None:
            if module != "__init__":
                found.append(f"no row names {module}")
            continue
        for target in sorted(targets):
            theirs = layer_of(target, layers)
            if target and (theirs is None or theirs > mine or (theirs == mine and other_system(module, target))):
                found.append(f"{module} imports {target}")
    return found


def other_system(module: str, target: str) -> bool:
    """Whether these are two systems of engines/, neither of which may lean on the other."""
    one, two = module.split("."), target.split(".")
    return one[0] == two[0] == "engines" and len(one) > 2 and len(two) > 1 and one[1] != two[1]


@pytest.mark.parametrize(
    ("package", "folder", "layers"), [("mien", ROOT / "backend" / "mien", BACKEND), ("addon", ROOT / "addon", ADDON)]
)
def test_rooms_import_only_what_stands_before_them(package, folder, layers) -> None:
    assert violations(package, folder, layers) == []


@pytest.mark.parametrize(
    ("package", "folder", "layers"), [("mien", ROOT / "backend" / "mien", BACKEND), ("addon", ROOT / "addon", ADDON)]
)
def test_a_swapped_line_of_the_table_is_noticed(package, folder, layers) -> None:
    for i in range(len(layers) - 1):
        swapped = (*layers[:i], layers[i + 1], layers[i], *layers[i + 2 :])
        assert violations(package, folder, swapped), f"lines {i} and {i + 1} can be swapped"


def test_the_extension_never_imports_the_backend() -> None:
    for path in (ROOT / "addon").rglob("*.py"):
        assert "mien" not in set(imported_packages(path)), path


def imported_packages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (package_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield package_of(node.module or "")


@pytest.mark.parametrize("half", ["addon", "backend", "meshes", "tests"])
def test_no_folder_is_crowded(half: str) -> None:
    folders = [path for path in (ROOT / half).rglob("*") if path.is_dir()]
    crowded = {
        str(path.relative_to(ROOT)): count for path in folders if (count := len(list(path.glob("*.py")))) > MOST_FILES
    }
    assert crowded == {}
