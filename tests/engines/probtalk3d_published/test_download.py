# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are checkpoints; which of them is meant is in tests/models/test_user_import.py, beside FLAME's files."""

from pathlib import Path

import published
import torch
from mien.engines.probtalk3d_published.download import checkpoints_in, find


def test_what_is_no_checkpoint_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "generic_model.pkl").write_bytes(b"\x80\x02N.")
    assert find(tmp_path) is None and find(tmp_path / "generic_model.pkl") is None


def test_a_configuration_beside_the_checkpoint_or_in_the_folder_comes_along(tmp_path: Path) -> None:
    path = published.saved(tmp_path / "a" / "last.ckpt", {"a": torch.zeros(1)}, published.STAGE_2)
    assert checkpoints_in(tmp_path) == [path] and find(path).config is None
    (tmp_path / "config.json").write_text("{}")
    assert find(tmp_path).files == (path, tmp_path / "config.json")
    (path.parent / "config.json").write_text("{}")
    assert find(tmp_path).config == find(path).config == path.parent / "config.json"
