# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME's pickles: what is in them comes out, nothing in them runs, and every fault is a sentence."""

from __future__ import annotations

import io
import os
import pickle
import struct
from pathlib import Path

import flame
import numpy as np
import pytest
from flame import Call, Instance, chumpy, compressed, python2, selected
from mien.heads.flame_file import STEPS, FlameError, read_flame_file
from scipy import sparse

SEEDED = np.random.default_rng(5)
BASIS = SEEDED.normal(size=(7, 3, 4))


def written(folder: Path, data: bytes, name: str = "generic_model.pkl") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def npy(header: str) -> bytes:
    """The beginning of a .npy file."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def test_what_python_2_wrote_is_read_as_it_was(tmp_path) -> None:
    result = flame.model()
    actual = read_flame_file(written(tmp_path, python2(flame.as_published(result))))
    for key, array in result.items():
        assert actual[key].dtype == (np.float64 if array.dtype.kind == "f" else np.int64)
        np.testing.assert_array_equal(actual[key], array)
    assert actual["bs_style"] == "lbs"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_python_3_writes_is_read_too(tmp_path, protocol) -> None:
    """FLAME 2023's protocol is not known here. SciPy's classes have moved since 2017: whatever is installed counts."""
    result = flame.model() | {"J_regressor": sparse.csc_matrix(flame.model()["J_regressor"])}
    actual = read_flame_file(written(tmp_path, pickle.dumps(result, protocol)))
    for key, array in flame.model().items():
        np.testing.assert_array_equal(actual[key], array)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f4", ">f8", "<u4", ">i8", "|u1", "<i2"])
def test_every_kind_of_number_and_order_of_axes(tmp_path, kind, order) -> None:
    array = np.asarray((BASIS * 100).astype(kind) if kind[1] != "u" else np.abs(BASIS * 50).astype(kind), order=order)
    actual = read_flame_file(written(tmp_path, pickle.dumps({"a": array}, 2)))["a"]
    np.testing.assert_array_equal(actual, array)


def test_chumpys_arrays_and_selections_are_their_numbers(tmp_path) -> None:
    content = {"a": chumpy(BASIS), "b": selected(BASIS)}
    actual = read_flame_file(written(tmp_path, python2(content)))
    np.testing.assert_array_equal(actual["a"], BASIS)
    np.testing.assert_array_equal(actual["b"], BASIS)


def test_sparse_matrices_by_columns_and_by_rows(tmp_path) -> None:
    matrix = SEEDED.normal(size=(5, 40)) * (SEEDED.random((5, 40)) < 0.2)
    rows = compressed(matrix.T)  # the columns of the transposed are the rows
    rows.path, rows.state["_shape"] = "scipy.sparse.csr csr_matrix", (5, 40)
    actual = read_flame_file(written(tmp_path, python2({"a": compressed(matrix), "b": rows})))
    np.testing.assert_array_equal(actual["a"], matrix)
    np.testing.assert_array_equal(actual["b"], matrix)


def test_an_embedding_in_an_npy_is_read(tmp_path) -> None:
    result = flame.embedding(100)
    np.save(tmp_path / "landmark_embedding.npy", result, allow_pickle=True)
    actual = read_flame_file(tmp_path / "landmark_embedding.npy")
    for key, array in result.items():
        np.testing.assert_array_equal(actual[key], array)


class Bomb:
    def __init__(self, call, *args) -> None:
        self.call = (call, args)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    ("bomb", "named"),
    [
        (Bomb(os.system, "echo harm"), "posix.system"),
        (Bomb(eval, "1"), "eval"),
        (Bomb(np.fromfile, "/etc/passwd"), "fromfile"),
        (Bomb(np.load, "x.npy"), "load"),
    ],
)
def test_a_name_not_listed_is_refused_by_name(tmp_path, bomb, named, protocol) -> None:
    with pytest.raises(FlameError, match=rf"asks for [\w.]*{named}, which is not among what may be in it"):
        read_flame_file(written(tmp_path, pickle.dumps({"v_template": [bomb]}, protocol)))


def test_an_npy_of_objects_runs_nothing_either(tmp_path) -> None:
    np.save(tmp_path / "trap.npy", Bomb(os.system, "echo harm"), allow_pickle=True)
    with pytest.raises(FlameError, match="asks for .*system, which is not among"):
        read_flame_file(tmp_path / "trap.npy")


def array(**changes) -> bytes:
    """The pickle of {"a": zeros of (2, 3)} with parts of its array said otherwise."""
    parts = {"kind": "f8", "shape": (2, 3), "raw": bytes(48), "order": "<"} | changes
    body = b"}(U\x01acnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01"
    body += python2(parts["shape"])[2:-1] + python2(Call("numpy dtype", (parts["kind"], 0, 1)))[2:-1]
    body += python2((3, parts["order"], None, None, None, -1, -1, 0))[2:-1] + b"b"
    return b"\x80\x02" + body + b"\x89" + python2(parts["raw"])[2:-1] + b"tbu."


def broken(change) -> bytes:
    result = compressed(np.eye(5, 8))
    change(result.state)
    return python2({"J_regressor": result})


def test_the_array_of_these_tests_is_sound_unchanged(tmp_path) -> None:
    actual = read_flame_file(written(tmp_path, array()))
    np.testing.assert_array_equal(actual["a"], np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (array(shape=(2, 4)), r"an array is said to have the shape \(2, 4\) and has 48 bytes"),
        (array(shape=(1 << 40, 1 << 20)), "said to have the shape .* and has 48 bytes"),
        (array(shape=(-2, -3)), "said to have the shape"),
        (array(shape=(2, 3, 1, 1, 1)), "said to have the shape"),
        (array(shape=[2, 3]), "lacks what it is made of"),
        (array(kind="O8"), "of the kind 'O8', not of numbers"),
        (array(kind="U99999"), "of the kind 'U99999', not of numbers"),
        (array(kind="V8"), "of the kind 'V8', not of numbers"),
        (array(order="!"), "not of numbers"),
        (array(raw=[1, 2]), "an array's numbers are no bytes"),
        (array(raw="x"), "said to have the shape .* and has 1 bytes"),
        (broken(lambda s: s.update(indptr=s["indptr"][:-1])), "a sparse matrix points outside itself"),
        (broken(lambda s: s.update(indices=s["indices"] + 6)), "a sparse matrix points outside itself"),
        (broken(lambda s: s.update(indices=s["indices"] - 1)), "a sparse matrix points outside itself"),
        (broken(lambda s: s.update(indptr=s["indptr"][::-1].copy())), "a sparse matrix points outside itself"),
        (broken(lambda s: s.update(_shape=(1 << 19, 1 << 19))), "a sparse matrix in it lacks its parts"),
        (broken(lambda s: s.update(_shape=(5,))), "a sparse matrix in it lacks its parts"),
        (broken(lambda s: s.pop("data")), "a sparse matrix in it lacks its parts"),
        (python2({"a": Instance("chumpy.ch Ch", {})}), "a chumpy.ch.Ch in it lacks what it is made of"),
        (python2({"a": Instance("chumpy.ch_ops add", {})}), "asks for chumpy.ch_ops.add, which is not among"),
        (
            python2({"a": Instance("chumpy.reordering Select", selected(BASIS).state | {"preferred_shape": (9, 9)})}),
            r"a selection of 84 numbers is said to have the shape \(9, 9\)",
        ),
        (
            python2({"a": Instance("chumpy.reordering Select", selected(BASIS).state | {"idxs": np.arange(84) + 1})}),
            "a selection points outside its array",
        ),
        (b"\x80\x02cchumpy.ch\nCh\n)\x81q\x00}U\x01xh\x00sb\x80\x02}U\x01ah\x00s.", "an array selects from itself"),
        (python2([1, 2]), "holds a list, not what FLAME's files hold by name"),
        (python2(chumpy(BASIS)), "holds a ndarray, not what FLAME's files hold by name"),
        (pickle.dumps({"a": 1}, 0), "uses the instruction DICT"),
        (b"\x80\x02N0.", "uses the instruction POP"),
        (b"\x80\x02](" + b"N" * STEPS + b"e.", f"has more than {STEPS} instructions"),
        (b"\x80\x04K\x01K\x02\x93.", "names something by what is no text"),
        (b"\x93NUMPY\x01\x00", "is a damaged .npy file"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': foo}"), "its header does not say what is in it"),
        (npy("{'descr': '|O', 'fortran_order': (((((False, 'shape': ()"), "its header does not say what is in it"),
        (b"PK\x03\x04", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_every_fault_is_refused_in_a_sentence(tmp_path, data, sentence) -> None:
    path = written(tmp_path, data)
    with pytest.raises(FlameError, match=sentence) as refusal:
        read_flame_file(path)
    content = str(refusal.value)
    assert (
        content.startswith("generic_model.pkl") and content.endswith(".") and "\n" not in content and len(content) < 300
    )
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_cut_anywhere_is_refused(tmp_path) -> None:
    data = python2(flame.as_published(flame.model(8, 1)))
    for length in np.linspace(0, len(data) - 1, 60).astype(int):
        with pytest.raises(FlameError, match="cannot be read"):
            read_flame_file(written(tmp_path, data[:length]))


def test_a_plain_array_is_no_flame_file(tmp_path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 3)))
    with pytest.raises(FlameError, match=r"is an array of float64 \(3, 3\)"):
        read_flame_file(tmp_path / "a.npy")
    with io.BytesIO() as file:
        np.save(file, np.array([{}, {}], object), allow_pickle=True)
        path = written(tmp_path, file.getvalue(), "two.npy")
    with pytest.raises(FlameError, match="not what FLAME's files hold"):
        read_flame_file(path)


def test_a_file_too_large_is_refused_unread(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mien.heads.flame_file.FILE_LIMIT", 3_000_000)
    path = tmp_path / "huge.pkl"
    with path.open("wb") as file:
        file.seek(4_000_000)
        file.write(struct.pack("<B", 0))
    with pytest.raises(FlameError, match="has 4 MB; at most 3 MB are read"):
        read_flame_file(path)
