# SPDX-License-Identifier: GPL-3.0-or-later
"""Binds one mesh in a process of its own (`python -m mien.service.workers.bind_process BYTES`).

The server sends one message, {"mesh", "shapes"}: the file of the mesh and the file to write. The replies are
{"fraction", "stage"} on the way and {"end"} as the last: "done", "failed" with a "sentence", or "full" when the disk
is.
"""

from __future__ import annotations

import json
from pathlib import Path

from mien.bind import BindError
from mien.bind.bind import bind
from mien.bind.mesh import Mesh, named_mesh, with_diagonals
from mien.errors import capitalized
from mien.files.safetensors import TensorFileError, read_tensors
from mien.heads.default import load_head
from mien.service.errors import disk_full
from mien.service.workers.process import ParentPipe

FORMAT, VERSION = "mien.mesh", "1"


def main() -> None:
    parent = ParentPipe()
    paths = parent.only_message()
    try:
        mesh, picks = read_mesh(Path(paths["mesh"]))
        bound = bind(mesh, picks, lambda fraction, stage: parent.reply({"fraction": fraction, "stage": stage}))
        bound.write(Path(paths["shapes"]), load_head())
    except (BindError, TensorFileError) as error:
        parent.reply({"end": "failed", "sentence": capitalized(str(error))})
    except OSError as error:
        if not disk_full(error):
            raise
        parent.reply({"end": "full"})
    except MemoryError:
        parent.reply({"end": "failed", "sentence": "The mesh is too large for the memory that binding may take."})
    else:
        parent.reply({"end": "done"})


def read_mesh(source: Path | bytes) -> tuple[Mesh, dict[str, object]]:
    """(mesh, picks) of a file of format `mien.mesh`, or of its bytes. BindError or TensorFileError in words."""
    tensors, metadata = read_tensors(source)
    if (metadata.get("format"), metadata.get("format_version")) != (FORMAT, VERSION):
        raise BindError(
            f"what was sent is '{metadata.get('format')}' version {metadata.get('format_version')}; a mesh to bind is "
            f"'{FORMAT}' version {VERSION}."
        )
    try:
        picks = json.loads(metadata.get("picks", ""))
    except (ValueError, RecursionError):
        picks = None
    if not isinstance(picks, dict):
        raise BindError("the mesh names no picks; they are a JSON object of names and places in its metadata.")
    return with_diagonals(named_mesh(tensors), metadata.get("diagonals", "[]")), picks


if __name__ == "__main__":
    main()
