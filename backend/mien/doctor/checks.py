# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of this machine: each answers one question with one `Diagnostic`."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mien.doctor.backend import backend, examine_backend
from mien.doctor.diagnostics import FAIL, WARN, Diagnostic, healthy, report, to_json
from mien.engines import ENGINES, EngineError, EngineInfo
from mien.settings import Settings

if TYPE_CHECKING:
    from torch.nn import Module

__all__ = ["Diagnostic", "examine", "examine_backend", "healthy", "report", "to_json"]

PYTHON = (3, 11)  # requires-python of pyproject.toml
BLENDER = (4, 2)  # the first with extensions
CHILD_S = 120.0  # the longest a check in a child process may take; the first import from a cold disk is slow
MEMORY_GIB = 1.0  # measured: `mien speak` peaks at 0.21 GiB for 10 s of speech and 0.36 GiB for 300 s

DRAW = """
from mien.heads.default import load_head
from mien.video import VideoError
from mien.preview.scene import Scene
try:
    with Scene((64, 64)) as scene:
        picture = scene.picture(load_head().vertices)
        renderer = scene.renderer
    assert picture.std() > 1, "the picture is empty"
    print(renderer)
except VideoError as error:
    raise SystemExit(str(error))
"""
TORCH = """
import torch
names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
if torch.backends.mps.is_available():
    names.append("Apple GPU")
print(torch.__version__, "with", ", ".join(names) or "no GPU")
"""


def examine(settings: Settings | None = None) -> list[Diagnostic]:
    """Every check, in the order of the report. A check that breaks is a finding that says so, never an end."""
    settings = settings or Settings.read()
    checks: list[tuple[str, Callable[[], Diagnostic]]] = [
        ("Python", python),
        ("packages", packages),
        ("memory and cores", machine),
        ("default head", head),
        ("phone recogniser", phone_recogniser),
        *((info.name, partial(engine, info)) for info in ENGINES.values() if info.weights),
        ("transcripts", transcripts),
        ("video encoders", encoders),
        ("drawing without a screen", drawing),
        ("torch", torch),
        ("data folder", lambda: data_folder(settings.data_folder)),
        ("backend", lambda: backend(settings.host, settings.port)),
        ("Blender", blender),
    ]
    return [_checked(name, check) for name, check in checks]


def _checked(name: str, check: Callable[[], Diagnostic]) -> Diagnostic:
    try:
        return check()
    except Exception as error:
        return Diagnostic(
            name, f"the check broke: {type(error).__name__}: {error}", FAIL, "Report this with the line above."
        )


def python() -> Diagnostic:
    result = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < PYTHON:
        return Diagnostic("Python", result, FAIL, f"Install Python {PYTHON[0]}.{PYTHON[1]} or newer.")
    return Diagnostic("Python", result)


def packages(requirements: Sequence[str] | None = None) -> Diagnostic:
    """Whether what Mien requires is installed; `requirements` as in pyproject.toml, by default Mien's own."""
    if requirements is None:
        try:
            requirements = importlib.metadata.requires("mien") or []
        except importlib.metadata.PackageNotFoundError:
            result = "Mien runs from its folder, so what it requires is unknown"
            return Diagnostic("packages", result, WARN, "Install it: pip install -e .")
    versions, missing = [], []
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        advice = f"Install what is missing: pip install {' '.join(missing)}"
        return Diagnostic("packages", f"{', '.join(missing)} missing", FAIL, advice)
    return Diagnostic("packages", ", ".join(versions))


def machine() -> Diagnostic:
    """Cores this process may use, and the memory of the machine or of its container, whichever is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = memory_gib()
    if memory is None:
        return Diagnostic("memory and cores", f"{cores} cores; this system does not tell its memory")
    result = f"{memory:.1f} GiB, {cores} cores"
    if memory < MEMORY_GIB:
        advice = "Keep sounds short, one at a time: five minutes of speech take 0.36 GiB beside all else that runs."
        return Diagnostic("memory and cores", result, WARN, advice)
    return Diagnostic("memory and cores", result)


def memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    container = Path("/sys/fs/cgroup/memory.max")
    limit = container.read_text().strip() if container.is_file() else "max"
    return min(size, int(limit) if limit.isdecimal() else size) / 2**30


def head() -> Diagnostic:
    """The default head, and whether it is the one its card describes."""
    from mien.heads.default import HeadError, head_path, load_head

    advice = "Install Mien again, or check out its meshes folder."
    try:
        face = load_head()
        card = json.loads(head_path().with_name("mien.card.json").read_text("utf-8"))
    except HeadError as error:
        return Diagnostic("default head", str(error), FAIL, advice)
    except (OSError, ValueError) as error:
        return Diagnostic("default head", f"its card cannot be read ({error})", FAIL, advice)
    result = f"{face.name}, {len(face.vertices)} vertices, {face.licence}, sha256 {face.sha256}"
    if card.get("sha256") != face.sha256:
        return Diagnostic("default head", f"{result}; its card has another sha256", FAIL, advice)
    return Diagnostic("default head", result)


def phone_recogniser() -> Diagnostic:
    """The phone recogniser's weights, and whether they are those its card describes."""
    from mien.speech_analysis.network.inference import WEIGHTS
    from mien.speech_analysis.network.weights import load

    return _weights("phone recogniser", WEIGHTS, lambda: [load(WEIGHTS)])


def engine(info: EngineInfo) -> Diagnostic:
    """An engine's weights that ship, and whether they are those its card describes."""
    assert info.weights is not None, f"{info.name} has no weights that ship"
    return _weights(info.name, info.weights, info.read_networks)


def _weights(name: str, file: Path, load: Callable[[], Iterable[Module]]) -> Diagnostic:
    from mien.speech_analysis.errors import RecognitionError

    advice = "Install Mien again, or check out its backend folder."
    try:
        networks = load()
        card = json.loads(file.with_suffix(".card.json").read_text("utf-8"))
    except (RecognitionError, EngineError) as error:
        return Diagnostic(name, str(error), FAIL, advice)
    except (OSError, ValueError) as error:
        return Diagnostic(name, f"its card cannot be read ({error})", FAIL, advice)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if card.get("sha256") != digest:
        return Diagnostic(name, f"sha256 {digest}; its card has another", FAIL, advice)
    millions = sum(value.numel() for network in networks for value in network.parameters()) / 1e6
    return Diagnostic(name, f"{millions:.1f} M parameters, {card['licence']}, sha256 {digest}")


def transcripts() -> Diagnostic:
    """espeak-ng pronounces transcripts; without one nothing is lost but them."""
    from mien.speech_analysis import espeak

    if why := espeak.missing():
        return Diagnostic("transcripts", "espeak-ng is missing, so a transcript cannot be used", WARN, why)
    return Diagnostic("transcripts", "espeak-ng")


def encoders(names: tuple[str, ...] = ("libx264", "aac")) -> Diagnostic:
    import av

    missing = []
    for name in names:
        try:
            av.Codec(name, "w")
        except (av.FFmpegError, ValueError):
            missing.append(name)
    if missing:
        advice = "Install PyAV from its wheels: pip install --force-reinstall --only-binary av av"
        return Diagnostic("video encoders", f"this PyAV has no {' and no '.join(missing)}", FAIL, advice)
    return Diagnostic("video encoders", f"H.264 ({names[0]}) and AAC ({names[1]}) in PyAV {av.__version__}")


def drawing() -> Diagnostic:
    """Draws the default head small, in a child process: a broken driver may crash or hang."""
    name = "drawing without a screen"
    status, output = run_child(DRAW)
    if status != 0:
        advice = "Previews need EGL and OpenGL: apt-get install libegl1 libgl1-mesa-dri libgles2"
        return Diagnostic(name, output or f"the test picture ended with status {status}", FAIL, advice)
    software = re.search("llvmpipe|softpipe|swrast", output)
    return Diagnostic(name, output + (": drawn by the processor, which is enough" if software else ""))


def torch() -> Diagnostic:
    """What the networks run on, imported in a process of its own: a broken one may take its process with it."""
    advice = "Install it again: pip install --force-reinstall torch"
    if not _installed("torch"):
        return Diagnostic("torch", "not installed, and the phone recogniser needs it", FAIL, advice)
    status, output = run_child(TORCH)
    if status != 0:
        return Diagnostic("torch", f"installed, but it cannot be used ({output})", FAIL, advice)
    return Diagnostic("torch", output)


def data_folder(folder: Path) -> Diagnostic:
    """Whether the folder can be written, or made where its nearest existing parent is."""
    name, advice = "data folder", "Give another with MIEN_DATA_FOLDER, or change who may write there."
    if folder.exists() and not folder.is_dir():
        return Diagnostic(name, f"{folder} is a file", FAIL, advice)
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Diagnostic(name, f"{there} cannot be written ({error.strerror})", FAIL, advice)
    return Diagnostic(name, f"{folder}" if there == folder else f"{folder}, made when it is needed")


def blender() -> Diagnostic:
    path = find_blender()
    wanted = ".".join(map(str, BLENDER))
    if path is None:
        advice = f"For the extension install Blender {wanted} or newer; the backend works without."
        return Diagnostic("Blender", "not found", WARN, advice)
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=CHILD_S).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return Diagnostic("Blender", f"{path} does not start ({error})", WARN, "Install it again.")
    version = re.search(r"Blender (\d+)\.(\d+)[.\d]*", output)
    if version is None:
        return Diagnostic("Blender", f"{path} does not tell its version", WARN, "Check that it is Blender.")
    if (int(version[1]), int(version[2])) < BLENDER:
        return Diagnostic("Blender", f"{version[0]} at {path}", WARN, f"The extension needs {wanted} or newer.")
    return Diagnostic("Blender", f"{version[0]} at {path}")


def find_blender() -> str | None:
    """Blender on the search path, else where its installers put it."""
    on_path = shutil.which("blender")
    if on_path:
        return on_path
    places = {
        "darwin": [("/Applications", "Blender.app/Contents/MacOS/Blender")],
        "win32": [(os.environ.get("PROGRAMFILES", ""), "Blender Foundation/*/blender.exe")],
    }.get(sys.platform, [("/opt", "blender*/blender"), ("/snap/bin", "blender")])
    installed = [path for folder, pattern in places if folder for path in Path(folder).glob(pattern)]
    return str(max(installed)) if installed else None


def run_child(program: str, timeout_s: float = CHILD_S) -> tuple[int, str]:
    """Exit status of a Python program, and its last line of output, or of error output when it failed."""
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        child = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=os.environ | {"PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {timeout_s:g} s"
    lines = (child.stderr if child.returncode else child.stdout).strip().splitlines()
    return child.returncode, lines[-1] if lines else ""


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
