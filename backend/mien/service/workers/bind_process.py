# SPDX-License-Identifier: GPL-3.0-or-later
"""Bind work: one mesh bound in a process of its own (`python -m mien.service.workers.bind_process BYTES`).

The parent asks once, {"mesh", "shapes"}: the file it has been sent and the file to write. The answers are {"fraction",
"stage"} on the way and {"end"} as the last: "done", or "failed" with a "sentence".
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from mien.bind import BindError
from mien.bind.bind import bind
from mien.bind.mesh import Mesh, named_mesh
from mien.files.safetensors import TensorFileError, read_tensors
from mien.heads.default import load_head
from mien.service.workers.process import Parent

FORMAT, VERSION = "mien.mesh", "1"


def main() -> None:
    parent = Parent()
    asked = parent.asked()
    order = next(asked)

    def watch() -> None:
        for _ in asked:
            pass
        os._exit(0)  # the server is gone, or nobody wants the mesh any more

    threading.Thread(target=watch, daemon=True).start()
    try:
        mesh, picks = read_order(Path(order["mesh"]))
        bound = bind(mesh, picks, lambda fraction, stage: parent.answer({"fraction": fraction, "stage": stage}))
        bound.write(Path(order["shapes"]), load_head())
    except (BindError, TensorFileError) as error:
        parent.answer({"end": "failed", "sentence": str(error)[:1].upper() + str(error)[1:]})
    except MemoryError:
        parent.answer({"end": "failed", "sentence": "The mesh is too large for the memory that binding may take."})
    else:
        parent.answer({"end": "done"})


def read_order(path: Path) -> tuple[Mesh, dict[str, object]]:
    """(mesh, picks) of a file of format `mien.mesh`. BindError or TensorFileError in words."""
    tensors, said = read_tensors(path)
    if (said.get("format"), said.get("format_version")) != (FORMAT, VERSION):
        raise BindError(
            f"what was sent is '{said.get('format')}' version {said.get('format_version')}; a mesh to bind is "
            f"'{FORMAT}' version {VERSION}."
        )
    try:
        picks = json.loads(said.get("picks", ""))
    except (ValueError, RecursionError):
        picks = None
    if not isinstance(picks, dict):
        raise BindError("the mesh names no picks; they are a JSON object of names and places in its metadata.")
    return named_mesh(tensors), picks


if __name__ == "__main__":
    main()
