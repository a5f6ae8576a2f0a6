# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from mien.files.markdown import SectionError, table, write_section


def test_a_text_is_written_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a b -->\nold\n<!-- /a b -->\nafter\n")
    write_section(page, "a b", "new")
    assert page.read_text() == "before\n<!-- a b -->\nnew\n<!-- /a b -->\nafter\n"


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- a -->\nold")
    for name in ("a", "b"):
        with pytest.raises(SectionError, match=f"page.md has no lines <!-- {name} --> and <!-- /{name} -->"):
            write_section(page, name, "new")
    assert page.read_text() == "<!-- a -->\nold"


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |"
