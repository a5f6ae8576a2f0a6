# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of tests/blender/gui, which run only in a Blender with a window, use modules and names that exist."""

import ast

import pytest
from checkout import ROOT

SCRIPTS = sorted((ROOT / "tests" / "blender" / "gui").glob("*.py"))


def modules_of(tree: ast.Module) -> dict[str, str]:
    """local name -> name of the extension's module, of assignments like `sound = extension("scene.sound")`."""
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            pairs = [(each, node.value) for each in node.targets]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))  # a value may be *several
            for name, value in pairs:
                if isinstance(name, ast.Name) and _module(value):
                    modules[name.id] = _module(value)
    return modules


def _module(node: ast.AST) -> str:
    """The argument of a call `extension("...")`, '' of another node."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "extension"
    return node.args[0].value if is_call else ""


def names_in(module: str) -> set[str]:
    """The names that a module of the extension defines or imports."""
    tree = ast.parse((ROOT / "addon" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return names | {alias.asname or alias.name for node in imports for alias in node.names}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_uses_what_the_extension_has(script):
    tree = ast.parse(script.read_text(encoding="utf-8"))
    modules, wrong = modules_of(tree), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            local = node.value.id if isinstance(node.value, ast.Name) else ""
            module = modules.get(local) or _module(node.value)
            if module and node.attr not in names_in(module):
                wrong.append(f"line {node.lineno}: {module}.{node.attr}")
    assert not wrong


def test_the_scripts_do_use_the_extension():
    used = {name for path in SCRIPTS for name in modules_of(ast.parse(path.read_text(encoding="utf-8"))).values()}
    assert {"scene.sound", "animation.nla_layers", "binding.picks"} <= used
