# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

from mien.files.download import files_below, listed, several


def test_files_are_looked_for_so_many_folders_deep(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    below = [listed(tmp_path, [path]) for path in files_below(tmp_path, 2)]
    assert below == ["b.txt", str(Path("a/c.txt"))]
    sentence = str(several(tmp_path, files_below(tmp_path, 3)))
    assert sentence.startswith(f"{tmp_path} holds several that could be meant: b.txt, ") and "d.txt" in sentence
