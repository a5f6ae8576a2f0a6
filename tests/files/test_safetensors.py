# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
import pytest
from mien.files.safetensors import FILE_LIMIT, HEADER_LIMIT, TensorFileError, read_tensors, write_tensors

TENSORS = {
    "weights": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.array([1.5, -2.0, 0.25], np.float16),
    "quads": np.array([[-1, 2**31 - 1]], np.int32),
    "mask": np.array([0, 255, 7], np.uint8),
    "none": np.zeros((0, 2), np.float32),
}


def header_of(data: bytes) -> dict:
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def test_what_is_written_is_read() -> None:
    tensors, metadata = read_tensors(write_tensors(TENSORS, {"format": "x", "name": "Ünïcode \ud800"}))
    assert metadata == {"format": "x", "name": "Ünïcode \ud800"}
    assert set(tensors) == set(TENSORS)
    for name, array in TENSORS.items():
        assert tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(tensors[name], array)


def test_order_of_names_changes_no_byte() -> None:
    backwards = dict(reversed(TENSORS.items()))
    assert write_tensors(TENSORS, {"a": "1", "b": "2"}) == write_tensors(backwards, {"b": "2", "a": "1"})


def test_the_layout_is_that_of_safetensors() -> None:
    data = write_tensors({"x": np.array([1.0], np.float32)}, {"k": "v"})
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    assert header_of(data) == {
        "__metadata__": {"k": "v"},
        "x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
    }
    assert data[8 + length :] == b"\x00\x00\x80\x3f"


def test_strides_and_byte_order_are_straightened() -> None:
    array = np.arange(12, dtype=">f4").reshape(3, 4)[:, ::2]
    tensors, _ = read_tensors(write_tensors({"x": array}, {}))
    np.testing.assert_array_equal(tensors["x"], [[0, 2], [4, 6], [8, 10]])


def test_tensors_that_are_read_cannot_be_changed() -> None:
    tensors, _ = read_tensors(write_tensors(TENSORS, {}))
    with pytest.raises(ValueError, match="read-only"):
        tensors["weights"][0, 0] = 1


def test_an_empty_tensor_may_stand_anywhere_in_the_header() -> None:
    """Its offsets are those of its neighbour, and sorting by the beginning alone takes them for an overlap."""
    header = {
        "__metadata__": {},
        "full": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        "none": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]},
    }
    text = json.dumps(header).encode()
    tensors, _ = read_tensors(len(text).to_bytes(8, "little") + text + bytes(4))
    assert tensors["full"].shape == (1,) and tensors["none"].shape == (0,)


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "complex64"])
def test_other_dtypes_are_not_written(dtype: str) -> None:
    with pytest.raises(TensorFileError, match=f"'x' is {dtype}; a file holds F32, F16, I32, U8"):
        write_tensors({"x": np.zeros(2, dtype)}, {})


def test_metadata_that_is_no_text_is_not_written() -> None:
    with pytest.raises(TensorFileError, match="the metadata 'seed' is 7"):
        write_tensors({}, {"seed": 7})


def test_only_the_requested_dtypes_are_read() -> None:
    with pytest.raises(TensorFileError, match="'quads' is I32; expected F32 or F16"):
        read_tensors(write_tensors({"quads": TENSORS["quads"]}, {}), dtypes=("F32", "F16"))


def test_a_header_of_more_than_a_mebibyte_is_refused_unread() -> None:
    text = b'{"__metadata__":{}}'.ljust(HEADER_LIMIT + 1)
    with pytest.raises(TensorFileError, match="header is 1048577 bytes long"):
        read_tensors(len(text).to_bytes(8, "little") + text)
    text = text[:-1]
    assert read_tensors(len(text).to_bytes(8, "little") + text) == ({}, {})


def test_a_number_of_5000_digits_is_refused() -> None:
    """Python turns no such text into a number, and says so with a plain ValueError."""
    text = b'{"x":' + b"1" * 5000 + b"}"
    with pytest.raises(TensorFileError, match="cannot be read"):
        read_tensors(len(text).to_bytes(8, "little") + text)


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path) -> None:
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(FILE_LIMIT + 1)  # sparse
    with pytest.raises(TensorFileError, match="huge.safetensors is 2147 MB; at most 2147 MB"):
        read_tensors(path)
    with pytest.raises(TensorFileError, match="at most 0 MB"):
        read_tensors(bytes(101), limit=100)


def test_a_missing_file_is_an_oserror(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "nowhere.safetensors")
