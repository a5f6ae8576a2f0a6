# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials (CycloneDX 1.6) of an installed Mien: its packages, and the weights and meshes it carries.

python .ci/sbom.py PYTHON -o mien.cdx.json

PYTHON is that of a virtual environment with Mien and nothing else (docs/releasing.md). Needs the extra `mien[release]`.
Packages come from `cyclonedx-py environment`; weights and meshes from the cards beside them, whose sha256 is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("backend/mien", "meshes")
KINDS = {".js": "library"}  # of what is no model


def models() -> list[dict]:
    """A component for each file that a card describes. SystemExit where a file is not the one that it describes."""
    found = []
    for path in sorted(card for folder in FOLDERS for card in (ROOT / folder).rglob("*.card.json")):
        card = json.loads(path.read_text(encoding="utf-8"))
        for file, expected in sorted(described(path, card).items()):
            name = file.relative_to(ROOT).as_posix()
            digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
            if digest != expected:
                raise SystemExit(f"sbom: {name} is not the file that its card describes.")
            found.append(
                {
                    "type": KINDS.get(file.suffix, "machine-learning-model") if name.startswith("backend") else "data",
                    "bom-ref": name,
                    "name": name,
                    "description": card.get("what", card["name"]),
                    "licenses": [{"license": {"name": card["licence"]}}],
                    "hashes": [{"alg": "SHA-256", "content": digest}],
                }
            )
    return found


def described(path: Path, card: dict) -> dict[Path, str]:
    """The sha256 of each file that the card at this path describes: of one `file`, of several by their names, of
    `members` beside it; of the tensors of its own name where it says none."""
    digests = card.get("sha256")
    if isinstance(digests, str):
        name = card.get("file", f"{path.name.removesuffix('.card.json')}.safetensors")
        return {path.with_name(name): digests}
    if digests is None:
        digests = {name: member["sha256"] for name, member in card["members"].items()}
    return {path.with_name(name): digest for name, digest in digests.items()}


def bill(python: str) -> dict:
    """The whole bill. SystemExit with cyclonedx-py's own words where it fails."""
    command = [
        sys.executable, "-m", "cyclonedx_py", "environment", python, "--pyproject", str(ROOT / "pyproject.toml"),
        "--spec-version", "1.6", "--output-reproducible",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"sbom: {done.stderr.strip() or 'cyclonedx-py failed'}")
    content = json.loads(done.stdout)
    content["components"] += models()
    return content


def check(content: str) -> None:
    """SystemExit where the bill breaks CycloneDX's own schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(content)
    if fault:
        raise SystemExit(f"sbom: the bill breaks the schema: {fault}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the bill of materials of an installed Mien.")
    parser.add_argument("python", help="the Python of an environment with Mien and nothing else")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    content = json.dumps(bill(args.python), indent=1, sort_keys=True) + "\n"
    check(content)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(content, encoding="utf-8")
    print(f"{args.output}: {content.count('bom-ref')} entries")
    return 0


if __name__ == "__main__":
    sys.exit(main())
