# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import motion_model
import pytest
from mien.engines.diffted.published.tps import CHECKPOINT, FOLDER, missing_in, weights_in
from mien.engines.diffted.published.tps.download import file_name, find
from mien.engines.diffted.published.tps.licence import LICENCE
from mien.files.download import DownloadError


@pytest.mark.parametrize(
    ("name", "expected"),
    [("vox", "vox"), ("Ted 384", "ted-384"), ("../..", "weights"), ("vox-256 (1)", "vox-256-1"), ("", "weights")],
)
def test_an_import_is_called_as_its_checkpoint(name: str, expected: str) -> None:
    assert file_name(Path(name + CHECKPOINT)) == f"{expected}.safetensors"


def test_a_checkpoint_is_found_in_its_folder_and_converted_once(tmp_path: Path) -> None:
    assert find(tmp_path) is None and "mien models import FILE" in missing_in(tmp_path)[0].sentence
    checkpoint = motion_model.saved(tmp_path / "checkpoints" / "vox.pth.tar", motion_model.model())
    found = find(tmp_path)
    assert found is not None and found.files == (checkpoint,) and found.licence is LICENCE
    written = tmp_path / "data" / FOLDER / "vox.safetensors"
    assert found.convert(tmp_path / "data") == (written, True)
    assert found.convert(tmp_path / "data") == (written, False)
    assert weights_in(tmp_path / "data") == [written] and not missing_in(tmp_path / "data")


def test_others_files_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"PK\x03\x04")
    assert find(tmp_path) is None and find(tmp_path / "last.ckpt") is None


def test_what_cannot_be_meant_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "ted.pth.tar").write_text("<!DOCTYPE html><title>Google Drive</title>")
    with pytest.raises(DownloadError, match="ted.pth.tar cannot be read: it is a web page"):
        find(tmp_path)
    (tmp_path / "vox.pth.tar").write_bytes(b"")
    with pytest.raises(DownloadError, match="several that could be meant: ted.pth.tar, vox.pth.tar"):
        find(tmp_path)
    found = find(tmp_path / "vox.pth.tar")
    assert found is not None
    with pytest.raises(DownloadError, match="vox.pth.tar is no zip"):
        found.convert(tmp_path / "data")
    assert not (tmp_path / "data").exists()
