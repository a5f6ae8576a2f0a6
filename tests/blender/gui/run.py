# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip in a real Blender and drive its window. Needs an X display (or a wrapper that makes one).

python tests/blender/gui/run.py --blender PATH [--gui PATH] [--out FOLDER] [--script session.py] [-- ARGUMENTS]

--gui is the command that shows a window where that is another one, such as a wrapper with its own Xvfb.
Pictures and the log are left in the folder.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent


def ended(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.1)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description="Drive a real Blender window with the extension installed.")
    parser.add_argument("--blender", required=True)
    parser.add_argument("--gui", default="")
    parser.add_argument("--out", type=Path, default=Path("/tmp/mien-gui"))
    parser.add_argument("--script", default="session.py")
    parser.add_argument("rest", nargs="*", help="arguments of the script, after --")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    resources = options.out / "blender"
    (resources / "config").mkdir(parents=True)  # an empty folder makes install-file fail without a word
    environment = {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(resources),
        "MIEN_COMMAND": os.environ.get("MIEN_COMMAND", f"python3 {HERE.parent.parent / 'support' / 'fake_backend.py'}"),
    }
    subprocess.run(
        [
            sys.executable,
            ROOT / "addon" / "build_extension.py",
            "--out",
            options.out,
            "--blender",
            options.blender,
        ],
        check=True,
    )
    archive = next(options.out.glob("mien-*.zip"))
    install = ["--command", "extension", "install-file", "--repo", "user_default", "--enable", str(archive)]
    subprocess.run([options.blender, *install], env=environment, check=True)
    started = time.monotonic()
    with (options.out / "log.txt").open("w") as log:
        done = subprocess.run(
            [
                options.gui or options.blender,
                "--python-exit-code",
                "1",
                "--window-geometry",
                "0",
                "0",
                "1600",
                "900",
            ]
            + ["--python", str(HERE / options.script), "--", str(options.out), *options.rest],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=3000,  # a machine of two busy cores draws a frame in seconds
        )
    print((options.out / "log.txt").read_text())
    print(f"{time.monotonic() - started:.0f} s, exit status {done.returncode}")
    child = options.out / "child.txt"
    if child.is_file() and not ended(int(child.read_text())):
        print(f"FAILED: the backend that Blender started, process {child.read_text()}, outlived it.")
        return 1
    passed = done.returncode == 0 and "RESULT all passed" in (options.out / "log.txt").read_text()
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
