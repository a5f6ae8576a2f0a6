# SPDX-License-Identifier: GPL-3.0-or-later
"""The hostile files are made here, most of them out of a sound one."""

import collections
import io
import os
import random
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import WEIGHTS, patched, rezipped, saved, text
from mien.files.checkpoint import VALUES, CheckpointError, read_checkpoint, read_networks, read_settings
from mien.files.safe_pickle import LIMIT, Stub


@pytest.fixture
def omegaconf(monkeypatch):
    """Classes that are pickled under OmegaConf's names, with its fields."""

    def module(name: str, **classes: type) -> None:
        result = types.ModuleType(name)
        for key, kind in classes.items():
            kind.__module__, kind.__qualname__ = name, key
            setattr(result, key, kind)
        monkeypatch.setitem(sys.modules, name, result)

    dict_config, list_config, node = type("D", (), {}), type("L", (), {}), type("N", (), {})
    module("omegaconf")
    module("omegaconf.dictconfig", DictConfig=dict_config)
    module("omegaconf.listconfig", ListConfig=list_config)
    module("omegaconf.nodes", AnyNode=node)

    def config_of(value: object, parent: object = None) -> object:
        if isinstance(value, dict):
            config = dict_config()
            config._content = {key: config_of(item, config) for key, item in value.items()}
        elif isinstance(value, list):
            config = list_config()
            config._content = [config_of(item, config) for item in value]
        else:
            config = node()
            config._val = value
        config._parent = parent  # OmegaConf's trees are knotted like this
        return config

    return config_of


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return saved(tmp_path, {"state_dict": dict(WEIGHTS), "hyper_parameters": {"width": 3}})


def test_weights_are_what_torch_saved(sound: Path) -> None:
    weights = read_checkpoint(sound).weights
    assert list(weights) == list(WEIGHTS)
    for name, tensor in WEIGHTS.items():
        assert weights[name].dtype == tensor.dtype and weights[name].shape == tensor.shape
        assert torch.equal(weights[name], tensor)


def test_settings_are_read_without_the_weights(sound: Path) -> None:
    assert read_settings(sound) == read_checkpoint(sound).settings == {"width": 3}
    data = sound.read_bytes()
    sound.write_bytes(data.replace(np.arange(6, dtype="<f4").tobytes(), bytes(24)))  # which no checksum allows
    assert read_settings(sound) == {"width": 3}


def test_a_bare_state_dict_is_a_checkpoint(tmp_path: Path) -> None:
    net = torch.nn.Linear(3, 2)
    actual = read_checkpoint(saved(tmp_path, net.state_dict()))  # an OrderedDict with attributes
    assert torch.equal(actual.weights["weight"], net.weight.detach())
    assert actual.settings == {}


def test_the_networks_of_one_file_are_read_by_name(tmp_path: Path) -> None:
    content = {"one": collections.OrderedDict(WEIGHTS), "two": {"b": torch.ones(2)}, "optimizer": {"state": {0: {}}}}
    path = saved(tmp_path, {**content, "epoch": 3})
    found = read_networks(path, ["one"], ["two", "three"])
    assert list(found) == ["one", "two"] and list(found["one"]) == list(WEIGHTS)
    assert torch.equal(found["two"]["b"], torch.ones(2))
    for name, what in (("three", "missing"), ("epoch", "a int, not a dict of tensors")):
        with pytest.raises(CheckpointError, match=f"its {name} is {what}"):
            read_networks(path, [name])
    with pytest.raises(CheckpointError, match="'state' of its state_dict is a dict, not a tensor with a name"):
        read_networks(path, ["optimizer"])


def test_views_of_one_storage_are_views_again(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    weights = read_checkpoint(saved(tmp_path, {"whole": whole, "turned": whole.T, "row": whole[1, ::2]})).weights
    assert torch.equal(weights["turned"], whole.T) and torch.equal(weights["row"], torch.tensor([4.0, 6.0]))
    assert weights["turned"].data_ptr() == weights["whole"].data_ptr()


def test_what_was_saved_on_a_gpu_comes_to_the_cpu(sound: Path) -> None:
    weights = read_checkpoint(patched(sound, text("cpu"), text("cuda:0"))).weights
    assert torch.equal(weights["a.weight"], WEIGHTS["a.weight"]) and weights["a.weight"].device.type == "cpu"


def test_a_lightning_checkpoint_with_omegaconf_is_read_without_either(tmp_path: Path, omegaconf) -> None:
    counts = collections.defaultdict(int)
    counts["steps"] = 3
    settings = {
        "encoder": omegaconf({"layers": 6, "betas": [0.9, None], "name": "e", "deep": {"${x}": True}}),
        "plain": [1, (2, 3)],
        "params": np.int64(5),
    }
    content = {
        "state_dict": collections.OrderedDict(WEIGHTS),
        "callbacks": {"best": torch.tensor(1.0), "counts": counts},
        "optimizer_states": [{"state": {0: {"step": torch.tensor(1.0), "avg": torch.ones(3)}}}],
        "hyper_parameters": settings,
    }
    actual = read_checkpoint(saved(tmp_path, content))
    assert list(actual.weights) == list(WEIGHTS)
    assert actual.settings["encoder"] == {"layers": 6, "betas": [0.9, None], "name": "e", "deep": {"${x}": True}}
    assert actual.settings["plain"] == [1, [2, 3]]
    assert isinstance(actual.settings["params"], Stub)


@pytest.mark.parametrize("system", ["WindowsPath", "PosixPath"])
def test_paths_of_either_system_are_no_obstacle(tmp_path: Path, system: str) -> None:
    """In a callback's state a path is `pathlib.WindowsPath('C:\\', 'runs')`."""
    path = saved(tmp_path, {"state_dict": dict(WEIGHTS), "callbacks": {"dirpath": "HERE"}})
    call = f"cpathlib\n{system}\n".encode() + text("C:\\") + text("runs") + b"\x86R"
    assert list(read_checkpoint(patched(path, text("HERE"), call)).weights) == list(WEIGHTS)


class System:
    def __reduce__(self):
        return os.system, ("echo harm > harm",)


def test_what_would_run_a_command_is_refused_and_runs_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = saved(tmp_path, {"state_dict": dict(WEIGHTS), "callbacks": System()})
    with pytest.raises(CheckpointError, match=rf"^last\.ckpt: its pickle asks for {os.name}\.system, which is not"):
        read_checkpoint(path)
    assert not (tmp_path / "harm").exists()


def fails(path: Path, sentence: str) -> None:
    with pytest.raises(CheckpointError, match=sentence) as error:
        read_checkpoint(path)
    assert str(error.value).startswith(path.name) and str(error.value).endswith(".") and len(str(error.value)) < 400


def test_a_whole_module_is_refused_by_the_name_of_its_class(tmp_path: Path) -> None:
    fails(saved(tmp_path, torch.nn.Linear(1, 1)), "asks for torch.nn.modules.linear.Linear")


def test_a_call_of_a_calls_result_is_refused(sound: Path) -> None:
    fails(patched(sound, text("width"), b"ccollections\nOrderedDict\n)R)R"), "calls the result of another call")


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    fails(path, "is a zip but no checkpoint: it holds 0 data.pkl, not one")


def test_a_byte_missing_from_the_middle_is_refused(sound: Path) -> None:
    data = sound.read_bytes()
    for at in range(30, len(data) - 200, 211):
        sound.write_bytes(data[:at] + data[at + 1 :])
        with pytest.raises(CheckpointError):
            read_checkpoint(sound)


def test_a_changed_byte_gives_a_sentence_or_a_checkpoint(sound: Path) -> None:
    """Three hundred files with one to three bytes changed: no other kind of error, whatever they say."""
    data, chance, refused = sound.read_bytes(), random.Random(5), 0
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(data))] = chance.randrange(256)
        sound.write_bytes(changed)
        try:
            read_checkpoint(sound)
        except CheckpointError:
            refused += 1
    assert refused > 100


def test_a_changed_byte_of_the_pickle_gives_a_sentence_or_a_checkpoint(sound: Path) -> None:
    """With the checksum of the zip made right again, so that the pickle is read."""
    with zipfile.ZipFile(sound) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        pickle = archive.read(member)
    whole, chance, refused = sound.read_bytes(), random.Random(6), 0
    for _ in range(100):
        changed = bytearray(pickle)
        changed[chance.randrange(len(pickle))] = chance.randrange(256)
        sound.write_bytes(whole)
        rezipped(sound, data_pkl=bytes(changed))
        try:
            read_checkpoint(sound)
        except CheckpointError:
            refused += 1
    assert refused > 30


def test_two_pickles_are_refused(sound: Path) -> None:
    with zipfile.ZipFile(sound, "a") as archive:
        archive.writestr("other/data.pkl", b"x")
    fails(sound, "holds 2 data.pkl, not one")


def test_a_long_pickle_is_refused_unread(sound: Path) -> None:
    fails(rezipped(sound, data_pkl=bytes(LIMIT + 1)), f"its pickle has {LIMIT + 1} bytes; at most {LIMIT}")


def test_big_endian_is_refused(sound: Path) -> None:
    fails(rezipped(sound, byteorder=b"big"), "was written big-endian")


def test_a_missing_tensor_is_named(sound: Path) -> None:
    fails(rezipped(sound, data__0=None), "is incomplete: its member 'last/data/0' with a tensor is missing")


def test_a_storage_shorter_or_longer_than_said_is_refused(sound: Path) -> None:
    whole = sound.read_bytes()
    for length in (20, 28, 0):
        sound.write_bytes(whole)
        fails(rezipped(sound, data__0=bytes(length)), f"said to have 6 numbers of 4 bytes, and its member has {length}")


def reference(path: str, key: str = "0", count: bytes = b"K\x06") -> bytes:
    """What a persistent reference to six floats looks like in a pickle without memo."""
    return b"(" + text("storage") + path.encode() + text(key) + text("cpu") + count + b"tQ"


def tensor(
    shape: bytes = b"K\x02K\x03\x86", stride: bytes = b"K\x03K\x01\x86", offset: bytes = b"K\x00", **more
) -> bytes:
    start = b"ctorch._utils\n_rebuild_tensor_v2\n("
    end = b"\x89ccollections\nOrderedDict\n)RtR"
    return start + reference(more.pop("path", "ctorch\nFloatStorage\n"), **more) + offset + shape + stride + end


def crafted(sound: Path, value: bytes) -> Path:
    return rezipped(sound, data_pkl=b"\x80\x02}" + text("w") + value + b"s.")


BILLION = b"J\x00\xca\x9a\x3b"


def test_a_pickle_made_by_hand_is_read(sound: Path) -> None:
    assert torch.equal(read_checkpoint(crafted(sound, tensor())).weights["w"], WEIGHTS["a.weight"])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (tensor(count=BILLION), "said to have 1000000000 numbers"),
        (tensor(count=b"\x8a\xff" + b"\x7f" * 255), r"said to have [0-9]{117}\.\.\. numbers"),
        (tensor(key="../../etc/passwd"), "lies in '../../etc/passwd'; in a checkpoint that is a number"),
        (tensor(key="²"), r"lies in '\\xb2'; in a checkpoint that is a number"),
        (tensor(path="ctyping\nAny\n"), "refers to something that is no tensor's storage"),
        (tensor(path="ctorch\nBoolStorage\n"), "asks for torch.BoolStorage"),
        (reference("ctorch\nFloatStorage\n"), "'w' of its state_dict is a Storage, not a tensor"),
        (b"K\x01", "'w' of its state_dict is a int, not a tensor"),
        (tensor(shape=BILLION + BILLION + b"\x86", stride=b"K\x00K\x00\x86"), "does not fit in its storage of 6"),
        (tensor(shape=b"K\x03K\x03\x86"), r"shape \(3, 3\) does not fit"),
        (tensor(offset=b"K\x01"), "does not fit in its storage of 6"),
        (tensor(offset=b"J\xff\xff\xff\xff"), "shape and strides are no 8 or fewer whole numbers"),
        (tensor(stride=b"K\x01\x85"), "shape and strides are no 8 or fewer whole numbers"),
        (tensor(shape=b"(" + b"K\x01" * 9 + b"t", stride=b"(" + b"K\x01" * 9 + b"t"), "no 8 or fewer whole numbers"),
        (tensor(shape=b"X\x01\x00\x00\x00aK\x03\x86"), "shape and strides are no 8 or fewer whole numbers"),
        (tensor(shape=b"]"), "makes a tensor of wrong parts"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n)R", "makes a tensor of wrong parts"),
        (b"ccollections\nOrderedDict\n]\x85R", "makes a dict out of something"),
        (b"(" * 101, "nested more than 100 deep"),
    ],
)
def test_tensors_that_cannot_be_are_refused(sound: Path, value: bytes, sentence: str) -> None:
    fails(crafted(sound, value), sentence)


def test_a_storage_of_two_types_is_refused(sound: Path) -> None:
    twice = tensor() + b"s" + text("v") + tensor(path="ctorch\nIntStorage\n")
    fails(crafted(sound, twice), "storage 0 is used with two types")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([1], "holds a list, not the dict of a checkpoint"),
        ({"state_dict": [1]}, "its state_dict is a list, not a dict"),
        ({"state_dict": {}, "hyper_parameters": 5}, "its hyper_parameters are a int, not a dict"),
        ({"state_dict": {3: torch.ones(1)}}, "'3' of its state_dict is a Tensor, not a tensor with a name"),
    ],
)
def test_other_contents_are_refused(tmp_path: Path, content: object, sentence: str) -> None:
    fails(saved(tmp_path, content), sentence)


def test_settings_without_an_end_are_refused(tmp_path: Path, omegaconf) -> None:
    knot: dict = {}
    knot["self"] = knot
    fails(saved(tmp_path, {"state_dict": {}, "hyper_parameters": knot}), "settings are nested without end")
    doubled: object = 1
    for _ in range(30):  # thirty lists in memory, a thousand million once written out
        doubled = [doubled, doubled]
    assert VALUES < 2**30
    fails(saved(tmp_path, {"state_dict": {}, "hyper_parameters": {"a": doubled}}), "settings are nested without end")
    config = omegaconf({"a": 1})
    del config._content
    fails(saved(tmp_path, {"state_dict": {}, "hyper_parameters": {"c": config}}), "has no _content")


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "nowhere.ckpt")


def test_torch_reads_the_same(sound: Path) -> None:
    theirs = torch.load(io.BytesIO(sound.read_bytes()), weights_only=True)["state_dict"]
    ours = read_checkpoint(sound).weights
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())
