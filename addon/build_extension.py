# SPDX-License-Identifier: GPL-3.0-or-later
"""Build dist/mien-VERSION.zip, the extension to install in Blender: the same sources give the same bytes.

python addon/build_extension.py [--blender PATH] [--out FOLDER]

Run from a checkout with any Python from 3.11 on; nothing else is needed. With a Blender (given, or on the PATH) the
zip is also checked by Blender's own `extension validate`.
"""

import argparse
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from addon.formats.atomic_write import atomic_write  # noqa: E402

FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: a build depends on no clock
PERMISSION_LIMIT = 64  # characters; Blender's rule


class BuildError(Exception):
    """The extension cannot be built; the message says what is missing."""


def contents() -> dict[str, Path]:
    """The files of the zip: name -> file. Raises BuildError where one is missing."""
    addon = ROOT / "addon"
    sources = [
        path
        for path in addon.rglob("*.py")
        if not (path.parent == addon and path.name.startswith("build_")) and "examples" not in path.parts
    ]
    files = {path.relative_to(addon).as_posix(): path for path in sources}
    files["blender_manifest.toml"] = ROOT / "blender_manifest.toml"
    files["LICENSE"] = ROOT / "LICENSE"
    for asset in ("mien", "identities", "body"):
        for name in (f"{asset}.safetensors", f"{asset}.card.json"):
            files[name] = ROOT / "meshes" / name
    for name, path in files.items():
        if not path.is_file():
            raise BuildError(f"{path.relative_to(ROOT)} is not there, so the zip would lack {name}.")
    return dict(sorted(files.items()))


def manifest() -> dict:
    """The manifest. Raises BuildError for a permission text that Blender refuses."""
    data = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    for name, text in data.get("permissions", {}).items():
        if len(text) > PERMISSION_LIMIT or text.endswith((".", "!", "?")):
            raise BuildError(
                f"The permission text '{name}' in blender_manifest.toml is {len(text)} characters long; Blender takes "
                f"{PERMISSION_LIMIT}, without a full stop."
            )
    return data


def build(folder: Path) -> Path:
    """Write the zip into the folder, whole or not at all; its path."""
    data, files = manifest(), contents()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{data['id']}-{data['version']}.zip"
    with (
        atomic_write(path) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name, file in files.items():
            entry = zipfile.ZipInfo(name, FIRST_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            entry.create_system = 3  # Unix, whatever the system
            archive.writestr(entry, file.read_bytes())
    return path


def validate(path: Path, blender: str) -> None:
    """Check the zip with Blender's `extension validate`. Raises BuildError with its output."""
    command = [blender, "--factory-startup", "--command", "extension", "validate", str(path)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"Blender refuses the zip: {(result.stdout + result.stderr).strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the extension's zip and have Blender check it.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the zip (default: dist)")
    parser.add_argument("--blender", default="", help="the Blender that checks it (default: the one on the PATH)")
    args = parser.parse_args()
    blender = args.blender or shutil.which("blender")
    try:
        path = build(args.out)
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
        if not blender:
            print("Not checked by Blender: none was given with --blender and none is on the PATH.")
        elif shutil.which(blender) is None:
            raise BuildError(f"'{blender}' is no program; give the path of Blender with --blender.")
        else:
            validate(path, blender)
            print("Checked by Blender's own 'extension validate': sound.")
    except BuildError as error:
        print(f"build_extension: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
