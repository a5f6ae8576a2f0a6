# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch checkpoints of other people, read without trusting them: weights, and the settings of their training.

A checkpoint is a zip that torch.save wrote: `NAME/data.pkl` describes tensors, `NAME/data/NUMBER` has their bytes.
Lightning's contain OmegaConf objects too, which torch.load refuses or runs; here neither library is needed and nothing
is run (safe_pickle.py has why torch.load with weights_only=True is not enough). Every number in the file is checked
against the size of its member first, and only the tensors that are asked for are read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch

from mien.errors import FILE, MienError
from mien.files.checkpoint_zip import Archive, ArchiveError, open_archive
from mien.files.safe_pickle import LIMIT, Allowed, Name, PickleError, Stub, read_pickle, short

Content = TypeVar("Content")

DEPTH, VALUES = 32, 20_000  # of the settings; ProbTalk3D's have some 200 values, five deep
AXES = 8

STORAGES = {
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch BFloat16Storage": torch.bfloat16,
    "torch DoubleStorage": torch.float64,
    "torch LongStorage": torch.int64,
    "torch IntStorage": torch.int32,
    "torch ByteStorage": torch.uint8,
}
CONFIG = {
    "omegaconf.dictconfig DictConfig": "_content",
    "omegaconf.listconfig ListConfig": "_content",
    "omegaconf.nodes AnyNode": "_val",
}
STUBS = (
    *STORAGES,
    *CONFIG,
    "omegaconf.base Metadata",
    "omegaconf.base ContainerMetadata",
    "typing Any",
    "__builtin__ dict",
    "__builtin__ list",
    "__builtin__ int",
    "__builtin__ long",  # Python 3's int in protocol 2
    "numpy dtype",
    "numpy.core.multiarray scalar",
    "_codecs encode",  # the bytes of a numpy number
    "pathlib PosixPath",
    "pathlib WindowsPath",
)


class CheckpointError(MienError, ValueError):
    """The file is not a checkpoint that can be read; the message is a sentence for the user."""

    exit_status = FILE


@dataclass(frozen=True)
class Checkpoint:
    """`weights` by name, on the CPU; `settings` of plain values: Lightning's `hyper_parameters`, {} without them.

    A setting that is neither number, text, list nor dict stays a `Stub` or a `Name` (safe_pickle.py).
    """

    weights: dict[str, torch.Tensor]
    settings: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Storage:
    member: str
    dtype: torch.dtype
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file of torch.save's zip format, with a `state_dict` inside (Lightning) or being one.

    Only the weights are read, not the optimiser's state; a tensor that was saved on a GPU comes to the CPU. Raises
    CheckpointError, in words, for everything else; OSError is left alone.
    """
    return _read(path, _Reader.checkpoint)


def read_settings(path: Path) -> dict[str, object]:
    """The settings alone, without reading the weights. Raises as read_checkpoint."""
    return _read(path, lambda reader: reader.settings(reader.content()))


def read_networks(path: Path, names: Sequence[str], optional: Sequence[str] = ()) -> dict[str, dict[str, torch.Tensor]]:
    """The weights of several networks that one file holds, by network and name: of `names`, and of `optional` those
    that are there. What else it holds, as the optimiser's state, is not read. Raises as read_checkpoint, also where one
    of `names` is missing."""
    return _read(path, lambda reader: reader.networks(names, optional))


def _read(path: Path, read: Callable[[_Reader], Content]) -> Content:
    try:
        with open_archive(path) as archive:
            return read(_Reader(archive))
    except (PickleError, ArchiveError) as error:
        raise CheckpointError(str(error)) from None
    except OverflowError as error:  # of numbers that torch cannot count
        raise CheckpointError(f"{path.name} is damaged ({short(error)}). Copy or download it again.") from None


class _Reader:
    def __init__(self, archive: Archive) -> None:
        self.archive, self.name = archive, archive.name
        self.storages: dict[str, _Storage] = {}
        pickles = [member for member in archive.sizes if member.count("/") == 1 and member.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise CheckpointError(f"{self.name} is a zip but no checkpoint: it holds {len(pickles)} data.pkl, not one.")
        self.pickle = pickles[0]
        self.root = self.pickle.removesuffix("data.pkl")

    def checkpoint(self) -> Checkpoint:
        content = self.content()
        state = content.get("state_dict", content)
        if not isinstance(state, dict):
            raise CheckpointError(f"{self.name}: its state_dict is a {type(state).__name__}, not a dict of tensors.")
        return Checkpoint(self._weights(state), self.settings(content))

    def networks(self, names: Sequence[str], optional: Sequence[str]) -> dict[str, dict[str, torch.Tensor]]:
        content = self.content()
        found = {}
        for name in (*names, *(each for each in optional if each in content)):
            state = content.get(name)
            if not isinstance(state, dict):
                what = f"a {type(state).__name__}, not a dict of tensors" if name in content else "missing"
                raise CheckpointError(f"{self.name} is no such checkpoint: its {name} is {what}.")
            found[name] = self._weights(state)
        return found

    def content(self) -> dict:
        """The content of the pickle, with _Tensor for tensors, whose bytes are not read."""
        self._check_byte_order()
        if self.archive.sizes[self.pickle] > LIMIT:
            size = self.archive.sizes[self.pickle]
            raise CheckpointError(f"{self.name}: its pickle has {size} bytes; at most {LIMIT} are read.")
        allowed: Allowed = {
            **dict.fromkeys(STUBS),
            "collections OrderedDict": self._dict,
            "collections defaultdict": self._dict,
            "torch._utils _rebuild_tensor_v2": self._tensor,
        }
        content = read_pickle(self.archive.read(self.pickle), allowed, self.name, self._storage)
        if not isinstance(content, dict):
            raise CheckpointError(f"{self.name} holds a {type(content).__name__}, not the dict of a checkpoint.")
        return content

    def settings(self, content: dict) -> dict[str, object]:
        settings = _Plain(self.name).plain(content.get("hyper_parameters", {}))
        if not isinstance(settings, dict):
            raise CheckpointError(f"{self.name}: its hyper_parameters are a {type(settings).__name__}, not a dict.")
        return settings

    def _check_byte_order(self) -> None:
        member = self.root + "byteorder"
        size = self.archive.sizes.get(member)
        if size is not None and (size != 6 or self.archive.read(member) != b"little"):
            raise CheckpointError(f"{self.name} was written big-endian; save it again on a usual machine.")

    def _dict(self, args: tuple) -> dict:
        """An OrderedDict or defaultdict, which PyTorch and Lightning make empty and fill afterwards."""
        if any(not isinstance(arg, Name) for arg in args):
            raise CheckpointError(f"{self.name}: its pickle makes a dict out of something, which no checkpoint does.")
        return {}

    def _storage(self, reference: object) -> _Storage:
        """('storage', class, key, device, count of numbers); the device is the saver's and means nothing here."""
        match reference:
            case ("storage", Name(path), str(key), str(), int(count)) if path in STORAGES:
                pass
            case _:
                raise CheckpointError(f"{self.name}: its pickle refers to something that is no tensor's storage.")
        if not (key.isascii() and key.isdigit()):
            raise CheckpointError(f"{self.name}: a tensor lies in '{short(key)}'; in a checkpoint that is a number.")
        member = f"{self.root}data/{key}"
        if member not in self.archive.sizes:
            raise CheckpointError(f"{self.name} is incomplete: its member {member!r} with a tensor is missing.")
        dtype = STORAGES[path]
        size = self.archive.sizes[member]
        if count * dtype.itemsize != size:
            raise CheckpointError(
                f"{self.name}: tensor storage {key} is said to have {short(count)} numbers of {dtype.itemsize} bytes, "
                f"and its member has {size} bytes; the file is damaged."
            )
        storage = _Storage(member, dtype, count)
        if self.storages.setdefault(key, storage) != storage:
            raise CheckpointError(f"{self.name}: tensor storage {key} is used with two types; the file is damaged.")
        return storage

    def _tensor(self, args: tuple) -> _Tensor:
        """_rebuild_tensor_v2(storage, offset, shape, stride, requires_grad, hooks[, metadata])"""
        match args:
            case (_Storage() as storage, int(offset), tuple(shape), tuple(stride), bool(), dict(), *_):
                pass
            case _:
                raise CheckpointError(f"{self.name}: its pickle makes a tensor of wrong parts; the file is damaged.")
        numbers = (offset, *shape, *stride)
        if len(shape) != len(stride) or len(shape) > AXES or any(type(n) is not int or n < 0 for n in numbers):
            raise CheckpointError(
                f"{self.name}: a tensor's shape and strides are no {AXES} or fewer whole numbers; the file is damaged."
            )
        last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
        # a stride of 0 would let one number pose as terabytes
        if math.prod(shape) > storage.count or (math.prod(shape) and last >= storage.count):
            raise CheckpointError(
                f"{self.name}: a tensor of shape {short(shape)} does not fit in its storage of {storage.count} numbers."
            )
        return _Tensor(storage, offset, shape, stride)

    def _weights(self, state: dict) -> dict[str, torch.Tensor]:
        flat: dict[str, torch.Tensor] = {}
        weights: dict[str, torch.Tensor] = {}
        for key, tensor in state.items():
            if not (isinstance(key, str) and isinstance(tensor, _Tensor)):
                raise CheckpointError(
                    f"{self.name}: '{short(key)}' of its state_dict is a {type(tensor).__name__.strip('_')}, "
                    "not a tensor with a name."
                )
            storage = tensor.storage
            if storage.count == 0:  # torch.frombuffer takes no empty one
                weights[key] = torch.empty(tensor.shape, dtype=storage.dtype)
                continue
            if storage.member not in flat:
                flat[storage.member] = torch.frombuffer(
                    bytearray(self.archive.read(storage.member)), dtype=storage.dtype
                )
            weights[key] = flat[storage.member].as_strided(tensor.shape, tensor.stride, tensor.offset)
        return weights


class _Plain:
    """OmegaConf's trees as dicts, lists and values. They refer to their parents and may be cyclic, so it counts."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, VALUES

    def plain(self, value: object, depth: int = 0) -> object:
        self.left -= 1
        if depth > DEPTH or self.left < 0:
            raise CheckpointError(f"{self.name}: its settings are nested without end; the file is damaged.")
        if isinstance(value, Stub) and value.path in CONFIG:
            field = CONFIG[value.path]
            if not isinstance(value.state, dict) or field not in value.state:
                raise CheckpointError(f"{self.name}: a setting of OmegaConf has no {field}; the file is damaged.")
            return self.plain(value.state[field], depth + 1)
        if isinstance(value, dict):
            return {key: self.plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.plain(item, depth + 1) for item in value]
        return value
