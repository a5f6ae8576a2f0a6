# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import mien
from mien.engines import EngineError
from mien.service.errors import sentence_of


def test_files_are_named_and_their_folders_are_not(tmp_path: Path) -> None:
    weights = Path(mien.__file__).parent / "engines" / "probtalk3d" / "mien.safetensors"
    error = EngineError(f"The weights {weights} cannot be read: {weights.name} is cut short.")
    assert sentence_of(error, tmp_path) == (
        "The weights mien.safetensors cannot be read: mien.safetensors is cut short."
    )
    error = EngineError(f"Nothing is in {str(tmp_path)!r}; put '{tmp_path / 'heads' / 'flame.safetensors'}' there.")
    assert sentence_of(error, tmp_path) == "Nothing is in 'its folder'; put 'flame.safetensors' there."
