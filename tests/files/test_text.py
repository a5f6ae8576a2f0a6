# SPDX-License-Identifier: GPL-3.0-or-later
import codecs
from pathlib import Path

import pytest
from mien.files.text import TextError, read_text

TEXTS = {
    "english": "And Mister John\nDashwood.",
    "german": "Größe, äh, über",
    "arabic": "وكان لدى السيد",
    "japanese": "かな\n",
}
CODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8 with a mark": (codecs.BOM_UTF8, "utf-8"),
    "utf-16 little": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16 big": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "utf-32 little": (codecs.BOM_UTF32_LE, "utf-32-le"),
    "utf-32 big": (codecs.BOM_UTF32_BE, "utf-32-be"),
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("coding", CODINGS)
def test_a_text_is_read_in_its_coding(tmp_path: Path, text: str, coding: str) -> None:
    mark, name = CODINGS[coding]
    (tmp_path / "text.txt").write_bytes(mark + TEXTS[text].encode(name))
    assert read_text(tmp_path / "text.txt") == TEXTS[text]


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_a_mark(tmp_path: Path, name: str) -> None:
    for text in ("english", "german", "arabic"):
        (tmp_path / "text.txt").write_bytes(TEXTS[text].encode(name))
        assert read_text(tmp_path / "text.txt") == TEXTS[text]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("Größe".encode("cp1252"), "neither UTF-8 nor UTF-16 text. Save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"a", "neither UTF-8 nor UTF-16"),
        (b"a\0\0\0b", "holds no text"),
        (b"RIFF\xff\xff\0\0WAVE\x90", "neither UTF-8 nor UTF-16|holds no text"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "text.txt").write_bytes(data)
    with pytest.raises(TextError, match=sentence):
        read_text(tmp_path / "text.txt")
