#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets everything up and runs it, on a fresh machine too, with nothing but Python 3.11 or newer.

    python3 dev.py take        a recorded voice makes the head talk: backend, Blender, stills, mp4 (into out/)
    python3 dev.py test [...]  the tests, on all cores; --all adds those that take minutes; arguments go to pytest
    python3 dev.py check       style, format and types (ruff, basedpyright)
    python3 dev.py extension   dist/mien-VERSION.zip, to drag into Blender
    python3 dev.py repository  dist/extensions, a folder to host that Blender installs and updates from
    python3 dev.py setup       only the set-up

The set-up makes .venv (or $MIEN_VENV) and fills it from pyproject.toml and constraints.txt. What Debian has to give
is installed when this runs as root, and asked for in words otherwise. With MIEN_PAGE=1 it also has what drives the
backend's page in a browser (some 170 MB), whose tests skip without. This file uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("MIEN_VENV", ROOT / ".venv"))
WINDOWS = os.name == "nt"
PAGE = os.environ.get("MIEN_PAGE") == "1"
# Blender as a Python module exists for these Pythons only; the first is what the tests are written on
BPY = {(3, 11): "bpy==5.0.1", (3, 13): "bpy==5.2.*"}
DEBIAN = {
    "libegl1 libgl1 libgl1-mesa-dri libgles2": "the preview and Blender's module (OpenGL without a screen)",
    "libsm6 libxfixes3 libxi6 libxkbcommon0 libxrender1 libxxf86vm1": "Blender's module",
    "espeak-ng": "the tests (two synthetic voices)",
} | ({"chromium": "the tests of the page (MIEN_PAGE)"} if PAGE else {})


def main() -> int:
    command, rest = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    steps = {
        "take": take, "test": test, "check": check, "extension": extension, "repository": repository,
        "setup": lambda python, rest: 0,
    }  # fmt: skip
    if command not in steps:
        print(__doc__)
        return 2
    return steps[command](setup(), rest)


def take(python: Path, rest: list[str]) -> int:
    """The main job on real speech; see addon/examples/first_take.py."""
    return run([python, ROOT / "addon" / "examples" / "first_take.py", "--out", ROOT / "out", *rest])


def test(python: Path, rest: list[str]) -> int:
    """pytest on all cores, a file to a core; where tests are named, in this process, as a debugger wants it."""
    marked = [] if "--all" in rest else ["-m", "not slow"]
    rest = [argument for argument in rest if argument != "--all"]
    if rest:
        return run([python, "-m", "pytest", *rest])
    one_thread = {"OMP_NUM_THREADS": "1", **os.environ}  # as many processes as cores already
    return run([python, "-m", "pytest", "-n", "auto", "--dist", "loadfile", *marked], env=one_thread)


def check(python: Path, rest: list[str]) -> int:
    """Style, format and types, each to its end; 1 when any has something to say."""
    statuses = [
        run([python, "-m", "ruff", "check", "."]),
        run([python, "-m", "ruff", "format", "--check", "."]),
        run([python, "-m", "basedpyright"]),
    ]
    return int(any(statuses))


def extension(python: Path, rest: list[str]) -> int:
    """The zip, and what Blender's preferences ask for beside it."""
    status = run([python, ROOT / "addon" / "build_extension.py", *rest])
    if status == 0:
        say(f"in Blender, Preferences > Add-ons > Mien > Command: {python.with_name('mien' + python.suffix)}")
    return status


def repository(python: Path, rest: list[str]) -> int:
    return run([python, ROOT / "addon" / "build_repository.py", *rest])


def setup() -> Path:
    """The virtual environment's Python, everything installed. Does nothing when nothing has changed."""
    debian()
    python = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
    if not python.exists():
        base = choose_python()
        say(f"making {VENV.name} with {base}")
        if run([base, "-m", "venv", VENV]):
            raise SystemExit(
                f"dev.py: {base} could not make a virtual environment; on Debian: apt-get install python3-venv"
            )
    version = version_of(str(python))
    stamp = VENV / "mien-setup"
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt", "dev.py")) + bytes([PAGE])
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    packages = ["--editable", f"{ROOT}[dev]"]
    if version in BPY:
        packages.append(BPY[version])
    else:
        say(
            f"Python {version[0]}.{version[1]} has no Blender module; with Python 3.11 on the PATH "
            f"and {VENV.name} removed, the Blender steps run too"
        )
    say("installing packages (the first time 3 GB on the disk; with PyTorch for CUDA, as Linux gets it, more)")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    if not sys.stdout.isatty():  # in a terminal the minutes have a progress bar
        pip.append("--quiet")
    if run([*pip, "--constraint", ROOT / "constraints.txt", *packages]):
        raise SystemExit("dev.py: the packages could not be installed; the lines above say why.")
    if PAGE and run([*pip, "--constraint", ROOT / "constraints.txt", "--editable", f"{ROOT}[page]"]):
        say("the packages that drive a browser could not be installed; the tests of the page are skipped")
    stamp.write_text(wanted)
    return python


def choose_python() -> str:
    """The best Python at hand: 3.11, then 3.13 (Blender's module exists for them), then any that is new enough."""
    names = [sys.executable, "python3.11", "python3.13", "python3.12", "python3.14", "python3"]
    found = {}
    for name in filter(shutil.which, names):
        found.setdefault(version_of(name), name)
    for version in [*BPY, *sorted(found, reverse=True)]:
        if version in found and version >= (3, 11):
            return found[version]
    raise SystemExit("dev.py: Mien needs Python 3.11 or newer; on Debian 12: apt-get install python3 python3-venv")


def version_of(python: str) -> tuple[int, int]:
    """(major, minor); (0, 0) when it does not run (a pyenv shim without its Python, say)."""
    ask = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    numbers = answer.stdout.split() if answer.returncode == 0 else ["0", "0"]
    return int(numbers[0]), int(numbers[1])


def debian() -> None:
    """Install, or ask for, what the packages need from Debian (or Ubuntu)."""
    if not shutil.which("dpkg-query"):
        return
    missing = [name for names in DEBIAN for name in names.split() if not installed(name)]
    if not missing:
        return
    if os.geteuid() == 0:
        say(f"installing from Debian: {' '.join(missing)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=quiet)
        if run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=quiet) == 0:
            return
    say(f"please install: apt-get install {' '.join(missing)}")
    for names, purpose in DEBIAN.items():
        if set(names.split()) & set(missing):
            say(f"  {names}: for {purpose}")


def installed(package: str) -> bool:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True, check=False
    )
    return asked.returncode == 0 and asked.stdout.startswith("install ok installed")


def run(command: list, env: dict[str, str] | None = None) -> int:
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False).returncode


def say(text: str) -> None:
    print(f"dev.py: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
