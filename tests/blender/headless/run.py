# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes a whole film with a real Blender without a window and a real backend: killed in the middle, continued, one line
changed, and everything else compared.

python tests/blender/headless/run.py --blender PATH [--out FOLDER] [--lines 40 --minutes 10] [--kill-after 12]

Prints a CHECK for each thing that must hold; ends with 1 where one does not. Reports and logs are left in the folder.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
START_S = 300.0  # a first start of the backend, on a busy machine
CHANGE = """
import bpy
speaker = bpy.data.objects["Berta"]
speaker.mien.lines[0].own, speaker.mien.lines[0].performance.emotion = True, "surprised"
bpy.ops.wm.save_mainfile()
"""


class Run:
    def __init__(self, options: argparse.Namespace) -> None:
        self.blender, self.out, self.fails = options.blender, options.out, 0
        self.film = self.out / "film.blend"
        self.environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": str(self.out / "blender"),
            "MIEN_KEPT_TAKES": str(self.out / "kept"),
        }

    def check(self, what: str, ok: bool, details: object = "") -> None:
        print("CHECK", "ok  " if ok else "FAIL", what, details, flush=True)
        self.fails += not ok

    def do(self, name: str, *arguments: object) -> tuple[int, float]:
        """Run Blender with these arguments; (exit status, seconds). Its output goes to NAME.log."""
        begin = time.monotonic()
        with (self.out / f"{name}.log").open("w") as log:
            command = [self.blender, *map(str, arguments)]
            done = subprocess.run(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        return done.returncode, time.monotonic() - begin

    def bake(self, name: str, address: str) -> tuple[int, dict]:
        """`mien bake --save`; (exit status, its report)."""
        file = self.out / f"{name}.json"
        status, _ = self.do(name, "-b", self.film, *self._bake(file, address))
        return status, json.loads(file.read_text(encoding="utf-8"))

    def killed(self, address: str, after: int) -> int:
        """Kill a bake when this many lines are made; the number of lines that were made then."""
        command = [self.blender, "-b", str(self.film), *map(str, self._bake(self.out / "killed.json", address))]
        log = self.out / "killed.log"
        with log.open("w") as file:
            child = subprocess.Popen(
                command, env=self.environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )
        while child.poll() is None and self._count_lines(log) < after:
            time.sleep(0.05)
        count = self._count_lines(log)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return count

    def _bake(self, file: Path, address: str) -> list[object]:
        return ["--command", "mien", "bake", "--save", "--backend", address, "--json", file]

    @staticmethod
    def _count_lines(log: Path) -> int:
        return sum(line.startswith("mien: ") and line.endswith(": made") for line in log.read_text().splitlines())


def serve(out: Path) -> tuple[subprocess.Popen, str]:
    """A backend of the checkout; (its process, its address)."""
    port = out / "port.json"
    command = [
        sys.executable,
        "-m",
        "mien",
        "serve",
        "--port",
        "0",
        "--port-file",
        str(port),
        "--parent",
        str(os.getpid()),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "backend"), "MIEN_DATA_FOLDER": str(out / "data")}
    with (out / "serve.log").open("w") as log:
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    end = time.monotonic() + START_S
    while not port.is_file() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    return child, f"http://127.0.0.1:{json.loads(port.read_text())['port']}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Bake a whole film without a window, killed in the middle.")
    parser.add_argument("--blender", required=True)
    parser.add_argument("--out", type=Path, default=Path("/tmp/mien-headless"))
    parser.add_argument("--speakers", default="3")
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--minutes", default="10")
    parser.add_argument("--engine", default="articulation", help="articulation is the quickest")
    parser.add_argument("--kill-after", type=int, default=12)
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    (options.out / "blender" / "config").mkdir(parents=True)  # an empty folder makes install-file fail without a word
    run = Run(options)
    build = [sys.executable, ROOT / "addon" / "build_extension.py", "--out", options.out, "--blender", options.blender]
    subprocess.run(build, check=True)
    archive = next(options.out.glob("mien-*.zip"))
    run.do("install", "--command", "extension", "install-file", "--repo", "user_default", "--enable", archive)
    film_arguments = ["--speakers", options.speakers, "--lines", options.lines, "--minutes", options.minutes]
    film_arguments += ["--engine", options.engine]
    _, seconds = run.do("film", "-b", "--python", HERE / "big_scene.py", "--", options.out, *film_arguments)
    run.check("the film is made", run.film.is_file(), f"{seconds:.0f} s")
    snapshot = ("-b", run.film, "--python", HERE / "snapshot.py", "--")
    run.do("before", *snapshot, "write", options.out / "before.json")
    backend, address = serve(options.out)
    try:
        count = run.killed(address, options.kill_after)
        run.check(
            "Blender was killed in the middle",
            options.kill_after <= count < options.lines,
            f"{count} lines",
        )
        begin = time.monotonic()
        status, report = run.bake("finished", address)
        counts = report["counts"]
        run.check("the next bake finishes", status == 0 and report["whole"], counts)
        run.check("every line is there", sum(counts.values()) == options.lines, f"{time.monotonic() - begin:.0f} s")
        kept = len(list((options.out / "kept").glob("*.safetensors")))
        run.check("every take was asked for once", kept == options.lines, kept)
        run.check("nothing else changed", run.do("compare", *snapshot, "compare", options.out / "before.json")[0] == 0)
        status, report = run.bake("again", address)
        run.check("a further bake makes nothing", status == 0 and report["counts"] == {"fresh": options.lines})
        run.do("change", "-b", run.film, "--python-expr", CHANGE)
        status, report = run.bake("changed", address)
        wanted = {"made": 1, "fresh": options.lines - 1}
        run.check("one changed line is one new take", status == 0 and report["counts"] == wanted, report["counts"])
    finally:
        backend.terminate()
        backend.wait()
    print("RESULT", f"FAILED: {run.fails}" if run.fails else "all passed", flush=True)
    return 1 if run.fails else 0


if __name__ == "__main__":
    sys.exit(main())
