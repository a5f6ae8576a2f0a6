# SPDX-License-Identifier: GPL-3.0-or-later
"""Doctor: what this machine has and lacks. Each check asks one question and answers it with one `Finding`."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mien.doctor.findings import FAIL, WARN, Finding, healthy, report, to_json
from mien.engines import ENGINES, EngineError, EngineInfo
from mien.service import API
from mien.service.network.probe import ProbeError, probe
from mien.settings import Settings

if TYPE_CHECKING:
    from torch.nn import Module

__all__ = ["Finding", "examine", "examine_backend", "healthy", "report", "to_json"]

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


def examine(settings: Settings | None = None) -> list[Finding]:
    """Every check, in the order of the report. A check that breaks is a finding that says so, never an end."""
    settings = settings or Settings.read()
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", python),
        ("packages", packages),
        ("memory and cores", machine),
        ("default head", head),
        ("ear", ear),
        *((info.name, partial(engine, info)) for info in ENGINES.values() if info.weights),
        ("transcripts", transcripts),
        ("video encoders", encoders),
        ("drawing without a screen", drawing),
        ("torch", torch),
        ("data folder", lambda: data_folder(settings.data_folder)),
        ("backend", lambda: backend(settings.host, settings.port)),
        ("Blender", blender),
    ]
    return [_checked(asked, check) for asked, check in checks]


def examine_backend(address: str, token: str = "") -> list[Finding]:
    """What a backend elsewhere says of itself; `address` may be an invitation with token and fingerprint."""
    asked = "backend"
    try:
        reply = probe(address, "/v1/info", token)
    except ProbeError as error:
        return [Finding(asked, str(error), FAIL, "On its machine: mien serve --status says whether it runs.")]
    at = address.partition("#")[0].rstrip("/")
    if not reply.api:
        return [Finding(asked, f"what answers at {at} is not a Mien backend", FAIL, "Check the address and port.")]
    if reply.api != str(API):
        found = f"{at} speaks API version {reply.api}, and this Mien speaks version {API}"
        return [Finding(asked, found, FAIL, "Update the older of the two.")]
    if reply.status == 401:
        advice = "Give the line that its terminal showed, or set MIEN_TOKEN."
        return [Finding(asked, f"{at} is there; {reply.reason}", FAIL, advice)]
    if reply.status != 200:
        return [Finding(asked, f"{at}: {reply.reason}", FAIL, "Its log says why.")]
    info = json.loads(reply.body)
    findings = [Finding(asked, f"Mien {info['version']} (API {info['api']}) answers at {at}, on {info['device']}")]
    if reply.fingerprint:
        findings.append(Finding("certificate", f"sha256 {reply.fingerprint}"))
    for engine in info["engines"]:
        lacks = " ".join(each["sentence"] for each in engine["missing"])
        name = f"engine {engine['name']}" + (" (default)" if engine["name"] == info["default_engine"] else "")
        found = f"version {engine['version']}, {engine['licence']}"
        findings.append(Finding(name, f"{found}; cannot work yet", WARN, lacks) if lacks else Finding(name, found))
    limits = info["limits"]
    findings.append(Finding("limits", f"{limits['seconds']:g} s of sound, {limits['bytes'] / 2**20:g} MiB a request"))
    return findings


def _checked(asked: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return Finding(
            asked, f"the check broke: {type(error).__name__}: {error}", FAIL, "Report this with the line above."
        )


def python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < PYTHON:
        return Finding("Python", found, FAIL, f"Install Python {PYTHON[0]}.{PYTHON[1]} or newer.")
    return Finding("Python", found)


def packages(requirements: Sequence[str] | None = None) -> Finding:
    """Whether what Mien requires is installed; `requirements` as in pyproject.toml, by default Mien's own."""
    if requirements is None:
        try:
            requirements = importlib.metadata.requires("mien") or []
        except importlib.metadata.PackageNotFoundError:
            found = "Mien runs from its folder, so nobody knows what it requires"
            return Finding("packages", found, WARN, "Install it: pip install -e .")
    found, missing = [], []
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = re.match(r"[\w.-]+", requirement)[0]
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        advice = f"Install what is missing: pip install {' '.join(missing)}"
        return Finding("packages", f"{', '.join(missing)} missing", FAIL, advice)
    return Finding("packages", ", ".join(found))


def machine() -> Finding:
    """Cores this process may use, and the memory of the machine or of its container, whichever is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = memory_gib()
    if memory is None:
        return Finding("memory and cores", f"{cores} cores; this system does not tell its memory")
    found = f"{memory:.1f} GiB, {cores} cores"
    if memory < MEMORY_GIB:
        advice = "Keep sounds short, one at a time: five minutes of speech take 0.36 GiB beside all else that runs."
        return Finding("memory and cores", found, WARN, advice)
    return Finding("memory and cores", found)


def memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    container = Path("/sys/fs/cgroup/memory.max")
    limit = container.read_text().strip() if container.is_file() else "max"
    return min(size, int(limit) if limit.isdecimal() else size) / 2**30


def head() -> Finding:
    """The default head, and whether it is the one its card describes."""
    from mien.heads.default import HeadError, head_path, load_head

    advice = "Install Mien again, or check out its meshes folder."
    try:
        face = load_head()
        card = json.loads(head_path().with_name("mien.card.json").read_text("utf-8"))
    except HeadError as error:
        return Finding("default head", str(error), FAIL, advice)
    except (OSError, ValueError) as error:
        return Finding("default head", f"its card cannot be read ({error})", FAIL, advice)
    found = f"{face.name}, {len(face.vertices)} vertices, {face.licence}, sha256 {face.sha256}"
    if card.get("sha256") != face.sha256:
        return Finding("default head", f"{found}; its card has another sha256", FAIL, advice)
    return Finding("default head", found)


def ear() -> Finding:
    """The ear's weights, and whether they are those its card describes."""
    from mien.speech_analysis.network.inference import WEIGHTS
    from mien.speech_analysis.network.weights import load

    return _weights("ear", WEIGHTS, lambda: [load(WEIGHTS)])


def engine(info: EngineInfo) -> Finding:
    """An engine's weights that ship, and whether they are those its card describes."""
    return _weights(info.name, info.weights, info.read_networks)


def _weights(name: str, file: Path, load: Callable[[], Iterable[Module]]) -> Finding:
    from mien.speech_analysis.errors import EarError

    advice = "Install Mien again, or check out its backend folder."
    try:
        networks = load()
        card = json.loads(file.with_suffix(".card.json").read_text("utf-8"))
    except (EarError, EngineError) as error:
        return Finding(name, str(error), FAIL, advice)
    except (OSError, ValueError) as error:
        return Finding(name, f"its card cannot be read ({error})", FAIL, advice)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if card.get("sha256") != digest:
        return Finding(name, f"sha256 {digest}; its card has another", FAIL, advice)
    millions = sum(value.numel() for network in networks for value in network.parameters()) / 1e6
    return Finding(name, f"{millions:.1f} M parameters, {card['licence']}, sha256 {digest}")


def transcripts() -> Finding:
    """espeak-ng pronounces transcripts; without one nothing is lost but them."""
    from mien.speech_analysis import espeak

    if why := espeak.missing():
        return Finding("transcripts", "espeak-ng is missing, so a transcript cannot be used", WARN, why)
    return Finding("transcripts", "espeak-ng")


def encoders(names: tuple[str, ...] = ("libx264", "aac")) -> Finding:
    import av

    missing = []
    for name in names:
        try:
            av.Codec(name, "w")
        except (av.FFmpegError, ValueError):
            missing.append(name)
    if missing:
        advice = "Install PyAV from its wheels: pip install --force-reinstall --only-binary av av"
        return Finding("video encoders", f"this PyAV has no {' and no '.join(missing)}", FAIL, advice)
    return Finding("video encoders", f"H.264 ({names[0]}) and AAC ({names[1]}) in PyAV {av.__version__}")


def drawing() -> Finding:
    """Draws the default head small, in a child process: a broken driver may crash or hang."""
    asked = "drawing without a screen"
    status, said = run_child(DRAW)
    if status != 0:
        advice = "Previews need EGL and OpenGL: apt-get install libegl1 libgl1-mesa-dri libgles2"
        return Finding(asked, said or f"the test picture ended with status {status}", FAIL, advice)
    software = re.search("llvmpipe|softpipe|swrast", said)
    return Finding(asked, said + (": drawn by the processor, which is enough" if software else ""))


def torch() -> Finding:
    """What the networks run on, imported in a process of its own: a broken one may take its process with it."""
    advice = "Install it again: pip install --force-reinstall torch"
    if not _installed("torch"):
        return Finding("torch", "not installed, and the ear needs it", FAIL, advice)
    status, said = run_child(TORCH)
    if status != 0:
        return Finding("torch", f"installed, but it cannot be used ({said})", FAIL, advice)
    return Finding("torch", said)


def data_folder(folder: Path) -> Finding:
    """Whether the folder can be written, or made where its nearest existing parent is."""
    asked, advice = "data folder", "Give another with MIEN_DATA_FOLDER, or change who may write there."
    if folder.exists() and not folder.is_dir():
        return Finding(asked, f"{folder} is a file", FAIL, advice)
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(asked, f"{there} cannot be written ({error.strerror})", FAIL, advice)
    return Finding(asked, f"{folder}" if there == folder else f"{folder}, made when it is needed")


def backend(host: str, port: int) -> Finding:
    """Whether a backend answers on the usual address, and if none does, whether the port is free for one."""
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        info = probe(url, "/v1/info", timeout_s=3).json
        return Finding("backend", f"Mien {info['version']} (API {info['api']}) answers on {url}")
    except (ProbeError, ValueError, KeyError, TypeError):
        pass  # nobody there, or somebody else: the port tells which
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        if os.name == "posix":  # as the service does; a port that was just left is free
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            found = f"port {port} of {host} is taken ({error.strerror}), and not by a Mien backend"
            return Finding("backend", found, WARN, "Give another port: mien serve --port 0 takes a free one.")
    return Finding("backend", f"none runs; port {port} of {host} is free for `mien serve`")


def blender() -> Finding:
    path = find_blender()
    wanted = ".".join(map(str, BLENDER))
    if path is None:
        advice = f"For the extension install Blender {wanted} or newer; the backend works without."
        return Finding("Blender", "not found", WARN, advice)
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=CHILD_S).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("Blender", f"{path} does not start ({error})", WARN, "Install it again.")
    version = re.search(r"Blender (\d+)\.(\d+)[.\d]*", said)
    if version is None:
        return Finding("Blender", f"{path} does not tell its version", WARN, "Check that it is Blender.")
    if (int(version[1]), int(version[2])) < BLENDER:
        return Finding("Blender", f"{version[0]} at {path}", WARN, f"The extension needs {wanted} or newer.")
    return Finding("Blender", f"{version[0]} at {path}")


def find_blender() -> str | None:
    """Blender on the search path, else where its installers put it."""
    on_path = shutil.which("blender")
    if on_path:
        return on_path
    places = {
        "darwin": [("/Applications", "Blender.app/Contents/MacOS/Blender")],
        "win32": [(os.environ.get("PROGRAMFILES", ""), "Blender Foundation/*/blender.exe")],
    }.get(sys.platform, [("/opt", "blender*/blender"), ("/snap/bin", "blender")])
    found = [path for folder, pattern in places if folder for path in Path(folder).glob(pattern)]
    return str(max(found)) if found else None


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
