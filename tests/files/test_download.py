# SPDX-License-Identifier: GPL-3.0-or-later
import re
from pathlib import Path

import pytest
from mien.files.download import files_below, listed, mistaken_download, several


def test_files_are_looked_for_so_many_folders_deep(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    below = [listed(tmp_path, [path]) for path in files_below(tmp_path, 2)]
    assert below == ["b.txt", str(Path("a/c.txt"))]
    sentence = str(several(tmp_path, files_below(tmp_path, 3)))
    assert sentence.startswith(f"{tmp_path} holds several that could be meant: b.txt, ") and "d.txt" in sentence


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "generic_model.pkl",
            b"<!DOCTYPE html><html>Please sign in",
            "it is a web page, such as the one that asks",
        ),
        ("a.npy", b"\xef\xbb\xbf\n <html lang='en'>", "is a web page"),
        ("a.ckpt", b"<?xml version='1.0'?><Error>AccessDenied</Error>", "is a web page"),
        ("generic_model.pkl", b"PK\x03\x04" + bytes(100), "is the zip archive .* Name it generic_model.zip, unpack it"),
        ("a.npy", b"7z\xbc\xaf'\x1c", "is the 7z archive"),
        ("a.pkl", b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "pointer of Git LFS.* git lfs pull"),
        ("a.ckpt", b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "^$"),
        ("a.pkl", b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "^$"),
        ("a.pkl", b"\x80\x02}q\x00.", "^$"),
        ("a.pkl", b"", "^$"),
    ],
)
def test_what_was_saved_in_the_place_of_a_file(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    sentence = mistaken_download(tmp_path / name)
    assert re.search(words, sentence) and (not sentence or sentence.startswith(f"{name} cannot be read: it is "))
