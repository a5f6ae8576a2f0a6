# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a FLAME download, read without running them: pickles of NumPy arrays, chumpy arrays and SciPy sparse
matrices, written by Python 2 or 3, bare or inside a .npy.

files/safe_pickle.py carries out the common instructions; here are those that only arrays need, the names that may be in
these files, and their meaning. Neither chumpy nor SciPy is imported.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from tokenize import TokenError
from typing import Any, NoReturn

import numpy as np

from mien.errors import MISSING
from mien.files.download import mistaken_download
from mien.files.safe_pickle import Allowed, Machine, Name, PickleError, Stub, instructions, short
from mien.heads.default import HeadError

FILE_LIMIT = 512 << 20  # bytes; FLAME in double precision has some 53 MB
STEPS = 100_000  # instructions of a pickle; FLAME's has some hundreds
PROTOCOLS = range(2, 6)
NESTED = 4  # selections within selections of an array
NUMBERS = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f2", "f4", "f8", "b1"}
AXES = 4

ARRAYS = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
BUFFERS = ("numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer")
SPARSE = {  # by columns or by rows
    "scipy.sparse.csc csc_matrix": "csc",
    "scipy.sparse._csc csc_matrix": "csc",
    "scipy.sparse.csr csr_matrix": "csr",
    "scipy.sparse._csr csr_matrix": "csr",
}
CHUMPY, SELECT = "chumpy.ch Ch", "chumpy.reordering Select"
STUBS = (
    *ARRAYS,
    *BUFFERS,
    *SPARSE,
    CHUMPY,
    SELECT,
    "numpy ndarray",
    "numpy dtype",
    "_codecs encode",  # bytes, as Python 3 writes them for Python 2
    *(f"{module} {name}" for module in ("__builtin__", "builtins") for name in ("set", "object", "bytes", "bytearray")),
)
TEXTS = {"BINSTRING", "SHORT_BINSTRING", "SHORT_BINUNICODE", "BINUNICODE8"}
BYTES = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}


class FlameError(HeadError):
    """The FLAME cannot be used, or the file is none; the message is a sentence for the user."""


class FlameMissing(FlameError):
    """FLAME, or its landmarks, have to be imported first."""

    exit_status = MISSING


def read_flame_file(path: Path) -> dict[str, object]:
    """The content of a FLAME file (.pkl or .npy) by name: arrays of float64 or int64, and other values as they are.

    Raises FlameError, in words, for everything else; OSError is left alone.
    """
    size = path.stat().st_size
    if size > FILE_LIMIT:
        raise FlameError(f"{path.name} has {size / 1e6:.0f} MB; at most {FILE_LIMIT / 1e6:.0f} MB are read.")
    if mistaken := mistaken_download(path):
        raise FlameError(mistaken)
    try:
        content = _content(path.read_bytes(), path.name)
        if isinstance(content, Stub):
            content = _Arrays(path.name).plain(content)
        if isinstance(content, np.ndarray) and content.shape == ():  # np.save's wrapping of a dict
            content = content.item()
        if not isinstance(content, dict):
            raise FlameError(f"{path.name} holds a {type(content).__name__}, not what FLAME's files hold by name.")
        arrays = _Arrays(path.name)
        return {str(key): arrays.plain(value) for key, value in content.items()}
    except PickleError as error:
        raise FlameError(str(error)) from None


def _content(data: bytes, name: str) -> object:
    if data[:6] != b"\x93NUMPY":
        return _read(data, name)
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reader(file)
    except (ValueError, SyntaxError, TypeError, TokenError, RecursionError):  # whose text shows objects of a parser
        raise FlameError(
            f"{name} is a damaged .npy file: its header does not say what is in it. Copy or download it again."
        ) from None
    if dtype.kind != "O" or shape not in ((), (1,)):
        raise FlameError(f"{name} is an array of {dtype} {shape}, not what FLAME's files hold by name.")
    items = _Arrays(name).items(_read(data[file.tell() :], name))
    if len(items) != 1:
        raise FlameError(f"{name} holds {len(items)} objects; a landmark embedding of FLAME is one.")
    return items[0]


def _read(data: bytes, name: str) -> object:
    allowed: Allowed = {
        **dict.fromkeys(STUBS),
        "collections OrderedDict": lambda args: {},
        "copy_reg _reconstructor": _instance,
        "copyreg _reconstructor": _instance,
    }
    machine = _ArrayMachine(allowed, name, None)
    try:
        for step, (code, argument) in enumerate(instructions(data, name)):
            if step == STEPS:
                machine.refuse(f"has more than {STEPS} instructions, which no FLAME file needs")
            if code != "STOP":
                machine.step(code, argument)
        return machine.stack.pop()
    except IndexError:
        raise PickleError(f"{name}: its pickle takes a value from where there is none; it is damaged.") from None


def _instance(args: tuple) -> Stub:
    """_reconstructor(class, object, None): how Python 2 makes an instance."""
    if not args or type(args[0]) is not Name:
        raise PickleError("a pickle makes an instance of something that is no class; it is damaged.")
    return Stub(args[0].path, ())


class _ArrayMachine(Machine):
    """The instructions of arrays besides: text and bytes as Python 2 and later protocols write them."""

    def step(self, code: str, argument: object) -> None:
        match code:
            case "PROTO" if argument in PROTOCOLS:
                pass
            case "FRAME":
                pass
            case "MEMOIZE":
                self.memo[len(self.memo)] = self.stack[-1]
            case "STACK_GLOBAL":
                module, name = self.take(2)
                if type(module) is not str or type(name) is not str:
                    self.refuse("names something by what is no text; it is damaged")
                super().step("GLOBAL", f"{module} {name}")
            case "EMPTY_SET":  # chumpy's sets are not needed
                super().step("EMPTY_LIST", None)
            case "ADDITEMS":
                super().step("APPENDS", None)
            case _ if code in TEXTS or code in BYTES:
                self.stack.append(argument)
            case _:
                super().step(code, argument)


class _Arrays:
    """Arrays of stubs. Every size is checked against the bytes in the file before memory is allocated for it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def refuse(self, reason: str) -> NoReturn:
        raise FlameError(f"{self.name}: {reason}; the file is damaged.")

    def plain(self, value: object, depth: int = 0) -> object:
        """The array of a stub; any other value as it is."""
        if not isinstance(value, Stub):
            return value
        if depth > NESTED:
            self.refuse("an array selects from itself")
        match value.path, value.state:
            case path, (int(), tuple(shape), Stub() as dtype, (bool() | int()) as columns, raw) if path in ARRAYS:
                return self.array(raw, dtype, shape, bool(columns))
            case path, _ if path in BUFFERS and len(value.args) == 4:
                raw, dtype, shape, order = value.args
                return self.array(raw, dtype, shape, order == "F")
            case path, dict(state) if path in SPARSE:
                return self.dense(state, SPARSE[path])
            case "chumpy.ch Ch", {"x": inside}:
                return self.plain(inside, depth + 1)
            case "chumpy.reordering Select", {"a": inside, "idxs": chosen, "preferred_shape": shape}:
                return self.selected(self.plain(inside, depth + 1), self.plain(chosen, depth + 1), shape)
            case path, _ if path in (*ARRAYS, *BUFFERS, *SPARSE, CHUMPY, SELECT):
                self.refuse(f"a {path.replace(' ', '.')} in it lacks what it is made of")
        return value

    def items(self, stub: object) -> list:
        """The values of an array of objects."""
        match stub:
            case Stub(path=path, state=(int(), tuple(), Stub() as dtype, _, list(items))) if (
                path in ARRAYS and dtype.args[:1] in (("O8",), ("O",))
            ):
                return items
            case _:
                return self.refuse("it says it holds an object and holds none")

    def array(self, raw: object, dtype: Stub, shape: object, columns: bool) -> np.ndarray:
        """float64 or int64 of the bytes `raw`; `columns`: in Fortran's order."""
        kind = dtype.args[0] if isinstance(dtype, Stub) and dtype.path == "numpy dtype" and dtype.args else None
        order = dtype.state[1] if kind and isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "<"
        if kind not in NUMBERS or order not in ("<", ">", "=", "|"):
            self.refuse(f"an array in it is of the kind '{short(str(kind))}', not of numbers")
        data = self.bytes_of(raw)
        if not isinstance(shape, tuple):
            self.refuse(f"an array has a {type(shape).__name__} for its shape")
        fits = len(shape) <= AXES and all(type(n) is int and n >= 0 for n in shape)
        if not fits or math.prod(shape) * int(kind[1:]) != len(data):
            self.refuse(f"an array is said to have the shape {short(shape)} and has {len(data)} bytes")
        values = np.frombuffer(data, np.dtype(kind).newbyteorder(">" if order == ">" else "<"))
        values = values.reshape(shape, order="F" if columns else "C")
        return np.ascontiguousarray(values, np.float64 if kind[0] == "f" else np.int64)

    def bytes_of(self, raw: Any) -> bytes:
        encoded = isinstance(raw, Stub) and raw.path == "_codecs encode"
        data: Any = raw.args[0] if encoded and raw.args[1:] in (("latin1",), ("latin-1",)) else raw
        try:
            return data.encode("latin1") if isinstance(data, str) else bytes(memoryview(data))
        except (TypeError, UnicodeEncodeError):
            self.refuse("an array's numbers are no bytes")

    def dense(self, state: dict, order: str) -> np.ndarray:
        """A compressed sparse matrix, columns first (csc) or rows first (csr), as a dense array."""
        data, indices, starts = (self.vector(state.get(key)) for key in ("data", "indices", "indptr"))
        shape = state.get("_shape", state.get("shape"))
        if not isinstance(shape, tuple) or len(shape) != 2:
            self.refuse("a sparse matrix in it lacks its parts")
        if any(type(n) is not int or not 0 < n <= 1 << 20 for n in shape) or math.prod(shape) > 1 << 26:
            self.refuse("a sparse matrix in it lacks its parts")
        lines, across = shape[::-1] if order == "csc" else shape
        counts = np.diff(starts)
        sound = len(starts) == lines + 1 and starts[0] == 0 and (counts >= 0).all() and starts[-1] == len(data)
        if not sound or len(indices) != len(data) or (len(data) and not 0 <= indices.min() <= indices.max() < across):
            self.refuse("a sparse matrix points outside itself")
        matrix = np.zeros((lines, across))
        np.add.at(matrix, (np.repeat(np.arange(lines), counts.astype(int)), indices.astype(int)), data)
        return matrix.T if order == "csc" else matrix

    def vector(self, value: object) -> np.ndarray:
        """A part (n,) of a sparse matrix."""
        array = self.plain(value)
        if not isinstance(array, np.ndarray) or array.ndim != 1:
            self.refuse("a sparse matrix in it lacks its parts")
        return array

    def selected(self, inside: object, chosen: object, shape: object) -> np.ndarray:
        """chumpy's Select: entries of the flattened array, in another shape."""
        if not (isinstance(inside, np.ndarray) and isinstance(chosen, np.ndarray) and isinstance(shape, tuple)):
            self.refuse("a selection from an array lacks its parts")
        flat, chosen = inside.ravel(), chosen.ravel().astype(int)
        if any(type(n) is not int or n < 0 for n in shape) or math.prod(shape) != len(chosen):
            self.refuse(f"a selection of {len(chosen)} numbers is said to have the shape {short(shape)}")
        if len(chosen) and not 0 <= chosen.min() <= chosen.max() < len(flat):
            self.refuse("a selection points outside its array")
        return flat[chosen].reshape(shape)
