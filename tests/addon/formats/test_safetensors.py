# SPDX-License-Identifier: GPL-3.0-or-later
"""The safetensors format: reading, writing, and a message of its own for every fault."""

import json

import numpy as np
import pytest
from checkout import ROOT

from addon.formats.safetensors import HEADER_LIMIT, TensorFileError, read_tensors, write_tensors

META = {"format": "x"}


def packed(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(begin: int, end: int, dtype: object = "F32", shape: object = None) -> dict:
    return {
        "dtype": dtype,
        "shape": [(end - begin) // 4] if shape is None else shape,
        "data_offsets": [begin, end],
    }


def test_reads_what_is_written():
    data = np.arange(6, dtype="<f4").tobytes() + np.array([3, 4], "u1").tobytes()
    header = {"b": entry(24, 26, "U8", [2]), "a": entry(0, 24, "F32", [2, 3]), "__metadata__": META}
    tensors, meta = read_tensors(packed(header, data))
    assert meta == META
    np.testing.assert_array_equal(tensors["a"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensors["b"], [3, 4])


def test_a_header_padded_with_spaces_is_sound():
    assert read_tensors(packed(json.dumps({"__metadata__": META}).encode() + b"   "))[1] == META


def test_empty_tensors_share_an_offset():
    header = {
        "__metadata__": META,
        "a": entry(0, 0, shape=[0, 2]),
        "b": entry(0, 4),
        "c": entry(4, 4, shape=[0]),
    }
    assert read_tensors(packed(header, bytes(4)))[0]["a"].shape == (0, 2)


FOUR = bytes(4)
BROKEN = {
    "no_bytes": (b"", "cut short"),
    "seven_bytes": (bytes(7), "cut short"),
    "header_beyond_the_file": ((500).to_bytes(8, "little") + b"{}", "header is 500 bytes long"),
    "header_of_2_mib": (
        (HEADER_LIMIT * 2).to_bytes(8, "little") + bytes(HEADER_LIMIT * 2),
        "header is 2097152 bytes long",
    ),
    "header_not_json": (packed(b"{nope"), "header cannot be read"),
    "header_not_utf8": (packed(b'{"\xff": 1}'), "header cannot be read"),
    "header_a_list": (packed([1]), "not a JSON object"),
    "header_too_deep": (packed(b"[" * 100_000), "header cannot be read"),
    "name_twice": (packed(b'{"__metadata__": {"a": "b"}, "x": 1, "x": 2}'), "'x' is there twice"),
    "no_metadata": (packed({"a": entry(0, 4)}, FOUR), "no metadata"),
    "metadata_with_a_number": (packed({"__metadata__": {"a": 1}}), "no metadata of plain strings"),
    "unknown_dtype": (packed({"__metadata__": META, "a": entry(0, 4, "F64")}, FOUR), "tensor 'a' is F64"),
    "dtype_a_list": (packed({"__metadata__": META, "a": entry(0, 4, ["F32"])}, FOUR), "tensor 'a' is ['F32']"),
    "negative_shape": (
        packed({"__metadata__": META, "a": entry(0, 4, shape=[-1])}, FOUR),
        "impossible shape",
    ),
    "shape_true": (packed({"__metadata__": META, "a": entry(0, 4, shape=[True])}, FOUR), "impossible shape"),
    "shape_beyond_numpy": (
        packed({"__metadata__": META, "a": entry(0, 0, shape=[0, 2**30, 2**30, 2**30])}),
        "impossible shape",
    ),
    "shape_a_number": (packed({"__metadata__": META, "a": entry(0, 4, shape=1)}, FOUR), "impossible shape"),
    "offsets_backwards": (
        packed({"__metadata__": META, "a": entry(4, 0, shape=[1])}, FOUR),
        "ends before it starts",
    ),
    "offsets_three": (
        packed({"__metadata__": META, "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}, FOUR),
        "impossible offsets",
    ),
    "entry_incomplete": (packed({"__metadata__": META, "a": {"dtype": "F32"}}, FOUR), "entry of tensor 'a'"),
    "gap_at_the_start": (packed({"__metadata__": META, "a": entry(4, 8)}, bytes(8)), "byte 4, which leaves a gap"),
    "overlap": (packed({"__metadata__": META, "a": entry(0, 8), "b": entry(4, 12)}, bytes(12)), "overlaps"),
    "size_not_of_the_shape": (
        packed({"__metadata__": META, "a": entry(0, 8, shape=[3])}, bytes(8)),
        "needs 12 bytes and has 8",
    ),
    "truncated": (packed({"__metadata__": META, "a": entry(0, 8)}, FOUR), "cut short: tensor 'a'"),
    "bytes_left_over": (packed({"__metadata__": META, "a": entry(0, 4)}, bytes(9)), "5 bytes after its last tensor"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_files_are_refused_in_a_sentence(fault, tmp_path):
    data, words = BROKEN[fault]
    for source in (data, tmp_path / f"{fault}.safetensors"):
        if source is not data:
            source.write_bytes(data)
        with pytest.raises(TensorFileError) as refused:
            read_tensors(source)
        assert words in str(refused.value)
        assert str(refused.value).endswith((".", ")."))


def test_a_larger_file_than_the_limit_is_not_read(tmp_path):
    path = tmp_path / "large.safetensors"
    path.write_bytes(bytes(3_000_000))
    with pytest.raises(TensorFileError, match="large.safetensors is 3 MB; at most 2 MB are read"):
        read_tensors(path, limit=2_000_000)


def test_a_missing_file_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "gone.safetensors")


def test_equal_content_gives_equal_bytes():
    tensors = {"b": np.arange(3, dtype="<f2"), "a": np.arange(4, dtype="<i4").reshape(2, 2)}
    written = write_tensors(tensors, {"x": "1", "format": "y"})
    assert written == write_tensors(dict(reversed(tensors.items())), {"format": "y", "x": "1"})
    assert written == write_tensors({"b": tensors["b"], "a": tensors["a"].astype(">i4")}, {"format": "y", "x": "1"})
    read, meta = read_tensors(written)
    assert meta == {"format": "y", "x": "1"} and list(read) == ["a", "b"]
    for name, array in tensors.items():
        np.testing.assert_array_equal(read[name], array)


def test_what_the_format_cannot_hold_is_not_written():
    with pytest.raises(TensorFileError, match="'x' is float64; a file holds F32, F16, I32, U8"):
        write_tensors({"x": np.zeros(2)}, {})
    with pytest.raises(TensorFileError, match="the metadata 'seed' is 7"):
        write_tensors({}, {"seed": 7})


def test_both_halves_have_the_same_text():
    """The extension never imports the backend, so that each half has its copy."""
    copies = [ROOT / half / "safetensors.py" for half in ("addon/formats", "backend/mien/files")]
    assert copies[0].read_text(encoding="utf-8") == copies[1].read_text(encoding="utf-8")
