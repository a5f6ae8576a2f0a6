# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs Mien from an extension repository on this machine with a real Blender, and updates it to a second version.

python tests/blender/headless/repository.py --blender PATH [--out FOLDER]

Prints a CHECK for each thing that must hold; ends with 1 where one does not. Logs are left in the folder.
"""

import argparse
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SEEN = """
import addon_utils, pathlib, sys, tomllib
name = "bl_ext.mien_test.mien"
if addon_utils.check(name)[1]:
    manifest = pathlib.Path(sys.modules[name].__file__).with_name("blender_manifest.toml")
    print("SEEN", name, tomllib.loads(manifest.read_text())["version"])
"""
LATER = "99.0.0"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


class Run:
    def __init__(self, options: argparse.Namespace) -> None:
        self.blender, self.out, self.fails, self.number = options.blender, options.out, 0, 0
        self.environment = {**os.environ, "BLENDER_USER_RESOURCES": str(self.out / "blender")}

    def check(self, what: str, ok: bool, details: object = "") -> None:
        print("CHECK", "ok  " if ok else "FAIL", what, details, flush=True)
        self.fails += not ok

    def do(self, *arguments: object) -> str:
        """Blender's output; it is kept in NUMBER.log, too."""
        self.number += 1
        command = [self.blender, "--online-mode", *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        (self.out / f"{self.number}.log").write_text(f"{command}\n{done.stdout}{done.stderr}", encoding="utf-8")
        return done.stdout + done.stderr

    def extension(self, *arguments: object) -> str:
        return self.do("--command", "extension", *arguments)

    def running_extension(self) -> str:
        """The extension that runs in a new Blender, and its version; empty where none does."""
        output = self.do("-b", "--python-expr", SEEN)
        return next((line for line in output.splitlines() if line.startswith("SEEN")), "")


def add_version(folder: Path, version: str) -> None:
    """A copy of the zip in the folder that calls itself `version`."""
    first = next(folder.glob("mien-*.zip"))
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(folder / f"mien-{version}.zip", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "blender_manifest.toml":
                lines = data.decode().splitlines()
                data = "\n".join(f'version = "{version}"' if line.startswith("version") else line for line in lines)
            target.writestr(name, data)
    first.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description="Install Mien from a repository on this machine, and update it.")
    parser.add_argument("--blender", required=True)
    parser.add_argument("--out", type=Path, default=Path("/tmp/mien-repository"))
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    (options.out / "blender" / "config").mkdir(parents=True)
    folder = options.out / "extensions"
    build = [sys.executable, ROOT / "addon" / "build_repository.py", "--out", folder, "--blender", options.blender]
    subprocess.run(build, check=True)
    run = Run(options)
    entry = json.loads((folder / "index.json").read_text(encoding="utf-8"))["data"][0]
    run.check("the index has the extension", entry["id"] == "mien", entry["version"])
    run.check("there is a page to browse", (folder / "index.html").is_file())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/index.json"
    run.extension("repo-add", "--name", "Mien", "--url", url, "mien_test")
    run.extension("sync")
    run.extension("install", "--enable", "mien_test.mien")
    first = run.running_extension()
    run.check("it is installed and runs", "bl_ext.mien_test.mien" in first, first)
    add_version(folder, LATER)
    generate = [options.blender, "--factory-startup", "--command", "extension", "server-generate"]
    subprocess.run([*generate, f"--repo-dir={folder}"], check=True, stdout=subprocess.DEVNULL)
    listed = run.extension("list", "--sync")
    run.check("the update is offered", LATER in listed)
    run.extension("update")
    second = run.running_extension()
    run.check("the second version runs", second.endswith(LATER), second)
    server.shutdown()
    print("logs:", options.out)
    return int(run.fails > 0)


if __name__ == "__main__":
    sys.exit(main())
