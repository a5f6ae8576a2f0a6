# SPDX-License-Identifier: GPL-3.0-or-later
"""Build an extension repository: a folder to host, which Blender installs Mien from and asks for updates.

python addon/build_repository.py --blender PATH [--out FOLDER]

The zip is added to those of earlier versions that are in the folder. Blender's own `extension server-generate` writes
the index (index.json) and a page to browse (index.html), so a Blender from 4.2 on is needed.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from addon.build_extension import BuildError, build, validate  # noqa: E402

INDEX, PAGE = "index.json", "index.html"


def build_repository(folder: Path, blender: str) -> Path:
    """The folder with this version's zip and the index of all; the path of the index. Raises BuildError where Blender
    refuses the zip or the folder."""
    validate(build(folder), blender)
    command = [
        blender, "--factory-startup", "--command", "extension", "server-generate", f"--repo-dir={folder}", "--html",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True)
    index = folder / INDEX
    if result.returncode != 0 or not index.is_file():
        raise BuildError(f"Blender wrote no index of {folder}: {(result.stdout + result.stderr).strip()}")
    return index


def main() -> int:
    parser = argparse.ArgumentParser(description="Build a folder that Blender installs and updates Mien from.")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "dist" / "extensions", help="the folder (default: dist/extensions)"
    )
    parser.add_argument(
        "--blender", default="", help="the Blender that writes the index (default: the one on the PATH)"
    )
    args = parser.parse_args()
    blender = shutil.which(args.blender or "blender")
    try:
        if blender is None:
            fault = f"'{args.blender}' is no program" if args.blender else "none is on the PATH"
            raise BuildError(f"The index is written by Blender, and {fault}; give its path with --blender.")
        index = build_repository(args.out.resolve(), blender)
    except BuildError as error:
        print(f"build_repository: {error}", file=sys.stderr)
        return 1
    print(f"{index}: host this folder, and add the address of {INDEX} in Blender under Preferences > Get Extensions.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
