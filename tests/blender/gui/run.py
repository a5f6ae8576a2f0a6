# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip in a real Blender and drive its window. Needs an X display (or a wrapper that makes one).

python tests/blender/gui/run.py --blender PATH [--gui PATH] [--out FOLDER] [--script session.py ...] [-- ARGUMENTS]

--gui is the command that shows a window where that is another one, such as a wrapper with its own Xvfb. Several scripts
run one after another, each in a Blender of its own; `--script all` is every one that needs nothing but this checkout.
Those that need a backend get one, started here, and the voice of the samples, unless ARGUMENTS name others. Pictures
and the log of each are left in the folder; the exit status is 0 where all passed.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
VOICE = ROOT / "tests" / "samples" / "voice" / "sense_and_sensibility.wav"  # its words are beside it
ALONE = ("session", "faults", "driving", "character", "engine_options", "missing", "video", "dub")
OF_A_VOICE = ("words", "idle", "emotion", "body")  # with a real backend
LANDMARKS = ("landmarks", "5,40")  # with a take of the voice, and the frames


def ended(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.1)
    return False


@contextlib.contextmanager
def backend(mien: list[str], folder: Path) -> Iterator[str]:
    """The address of a backend of this checkout."""
    port_file = folder / "port.json"
    command = [*mien, "serve", "--port", "0", "--port-file", str(port_file), "--data-folder", str(folder / "data")]
    command += ["--parent", str(os.getpid())]
    with (folder / "backend.txt").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            while not port_file.is_file():
                if process.poll() is not None:
                    sys.exit(f"The backend ended: {(folder / 'backend.txt').read_text()}")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{json.loads(port_file.read_text())['port']}"
        finally:
            process.terminate()


def install(blender: str, out: Path, environment: dict[str, str]) -> None:
    (out / "blender" / "config").mkdir(parents=True)  # an empty folder makes install-file fail without a word
    build = [sys.executable, ROOT / "addon" / "build_extension.py", "--out", out, "--blender", blender]
    subprocess.run(build, check=True)
    archive = next(out.glob("mien-*.zip"))
    add = ["--command", "extension", "install-file", "--repo", "user_default", "--enable", str(archive)]
    subprocess.run([blender, *add], env=environment, check=True)


def run(gui: str, script: str, out: Path, rest: list[str], environment: dict[str, str]) -> bool:
    """Drive a window by one script; whether it passed."""
    started = time.monotonic()
    command = [gui, "--python-exit-code", "1", "--window-geometry", "0", "0", "1600", "900"]
    command += ["--python", str(HERE / script), "--", str(out), *rest]
    with (out / "log.txt").open("w") as log:
        # a machine of two busy cores draws a frame in seconds
        done = subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, timeout=3000)
    text = (out / "log.txt").read_text()
    print(text)
    print(f"{script}: {time.monotonic() - started:.0f} s, exit status {done.returncode}", flush=True)
    child = out / "child.txt"
    if child.is_file() and not ended(int(child.read_text())):
        print(f"FAILED: the backend that Blender started, process {child.read_text()}, outlived it.")
        return False
    return done.returncode == 0 and "RESULT all passed" in text


def arguments_of(name: str, mien: list[str], folder: Path, stack: contextlib.ExitStack, made: dict) -> list[str]:
    """Of a script for which none are given. `folder` has what is made for them once, in `made`."""
    if name in OF_A_VOICE:
        if "backend" not in made:
            made["backend"] = stack.enter_context(backend(mien, folder))
        return [made["backend"], str(VOICE)]
    if name == LANDMARKS[0]:
        take = str(folder / "voice.take.safetensors")
        speak = [*mien, "speak", str(VOICE), "--engine", "articulation", "-o", take]
        subprocess.run(speak, check=True, stdout=subprocess.DEVNULL)
        return [take, LANDMARKS[1]]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description="Drive a real Blender window with the extension installed.")
    parser.add_argument("--blender", required=True)
    parser.add_argument("--gui", default="")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "mien-gui")
    parser.add_argument("--script", nargs="+", default=["session.py"])
    parser.add_argument("--mien", default="", help="the command of the backend (default: of this checkout's .venv)")
    parser.add_argument("rest", nargs="*", help="arguments of the script, after --")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    environment = {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(options.out / "blender"),
        "MIEN_COMMAND": os.environ.get("MIEN_COMMAND", f"python3 {HERE.parent.parent / 'support' / 'fake_backend.py'}"),
    }
    install(options.blender, options.out, environment)
    scripts = [name.removesuffix(".py") for name in options.script]
    if scripts == ["all"]:
        scripts = [*ALONE, *OF_A_VOICE, LANDMARKS[0]]
    mien = options.mien.split() or [str(ROOT / ".venv" / "bin" / "python"), "-m", "mien"]
    failed, made = [], {}
    with contextlib.ExitStack() as stack:
        for name in scripts:
            out = options.out if len(scripts) == 1 else options.out / name
            if out != options.out:  # nobody finds another's preferences
                out.mkdir()
                environment["BLENDER_USER_RESOURCES"] = str(shutil.copytree(options.out / "blender", out / "blender"))
            rest = options.rest or arguments_of(name, mien, options.out, stack, made)
            if not run(options.gui or options.blender, f"{name}.py", out, rest, environment):
                failed.append(name)
    if len(scripts) > 1:
        print(f"{len(scripts) - len(failed)} of {len(scripts)} scripts passed", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
