# SPDX-License-Identifier: GPL-3.0-or-later
import os
import pickle
from collections import OrderedDict

import pytest
from mien.files.safe_pickle import DEPTH, LIMIT, Name, PickleError, Stub, read_pickle, short

LIST = b"]"
EMPTY_TUPLE = b")"


def pickled(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


def read(data: bytes, allowed=None, load_persistent=None) -> object:
    return read_pickle(data, allowed or {}, "f.pkl", load_persistent)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -5,
        2**31,
        -(2**600),
        1.5,
        "Ünïcode \n",
        [],
        {},
        (),
        (1,),
        (1, 2, 3, 4),
        [[1], {"a": [2, (3, "b")]}, 4],
        {"a": 1, 2: {"b": None}},
        list(range(3000)),  # more than one batch of APPENDS
    ],
)
def test_plain_values_are_read_as_python_reads_them(value) -> None:
    actual = read(pickle.dumps(value, protocol=2))
    assert actual == value and type(actual) is type(value)


def test_a_shared_value_stays_one_value_and_a_knot_a_knot() -> None:
    shared = ["x"]
    first, second = read(pickle.dumps((shared, shared), protocol=2))
    assert first is second
    knot: list = []
    knot.append(knot)
    actual = read(pickle.dumps(knot, protocol=2))
    assert actual[0] is actual


def test_a_listed_name_is_a_stub_or_what_the_caller_says() -> None:
    data = pickle.dumps([OrderedDict, OrderedDict()], protocol=2)
    name, stub = read(data, {"collections OrderedDict": None})
    assert name == Name("collections OrderedDict")
    assert isinstance(stub, Stub) and stub.path == "collections OrderedDict" and stub.args == ()
    data = pickle.dumps(OrderedDict(a=1), protocol=2)
    assert read(data, {"collections OrderedDict": lambda args: {}}) == {"a": 1}


def test_what_would_set_an_objects_state_is_kept_as_state() -> None:
    body = b"cplace\nThing\n)\x81}X\x01\x00\x00\x00aK\x07sb"
    stub = read(pickled(body), {"place Thing": None})
    assert (stub.path, stub.args, stub.state) == ("place Thing", (), {"a": 7})


def test_references_to_outside_go_through_the_caller() -> None:
    assert read(pickled(b"K\x05Q"), load_persistent=lambda pid: ("five", pid)) == ("five", 5)
    with pytest.raises(PickleError, match="f.pkl: its pickle refers to something outside it"):
        read(pickled(b"K\x05Q"))


class Bomb:
    def __init__(self, call, *args) -> None:
        self.call = (call, args)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("bomb", "named"),
    [
        (Bomb(os.system, "echo harm"), f"{os.system.__module__}.system"),
        (Bomb(eval, "1"), "__builtin__.eval"),
        (Bomb(getattr, "", "upper"), "__builtin__.getattr"),
        (Bomb(__import__, "os"), "__builtin__.__import__"),
    ],
)
def test_a_name_not_listed_is_refused_by_name(bomb, named) -> None:
    with pytest.raises(PickleError, match=f"asks for {named}, which is not among what may be in it"):
        read(pickle.dumps({"weights": [bomb]}, protocol=2), {"collections OrderedDict": None})


def test_a_dotted_name_reaches_nothing_below_a_listed_one() -> None:
    with pytest.raises(PickleError, match="asks for collections.OrderedDict.fromkeys"):
        read(pickled(b"ccollections\nOrderedDict.fromkeys\n"), {"collections OrderedDict": None})


def test_a_name_of_control_characters_cannot_write_over_the_terminal() -> None:
    with pytest.raises(PickleError, match=r"asks for a.\\x1b\[2J"):
        read(pickled(b"ca\n\x1b[2J\n"))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"cplace\nThing\n)R)R", "calls the result of another call"),
        (b"X\x01\x00\x00\x00a)R", "calls the result of another call"),
        (b"cplace\nThing\n]R", "calls place.Thing without a list of arguments"),
        (b"cplace\nThing\n}b", "sets the state of a Name, which has none"),
        (b"(" * (DEPTH + 1), f"is nested more than {DEPTH} deep"),
        (b"](K\x01e0", "uses the instruction POP"),
        (b"\x8e" + bytes(8), "uses the instruction BINBYTES8"),
        (b"(iplace\nThing\n", "uses the instruction INST"),
        (b"\x82\x01", "uses the instruction EXT1"),
        (b"X\x01\x00\x00\x00aX\x01\x00\x00\x00b\x93", "uses the instruction STACK_GLOBAL"),
        (b"}]K\x01s", "has a list as a key"),
        (b"}))s", "has a tuple as a key"),
        (b"}(K\x01u", "puts keys and values where they do not fit"),
        (b"]K\x01K\x02s", "puts keys and values where they do not fit"),
        (b"}K\x01a", "puts an item where there is no list"),
        (b"h\x05", "recalls value 5 before it was kept"),
        (b"j\xff\xff\xff\xff", "recalls value 4294967295 before it was kept"),
        (b"a", "takes a value from where there is none"),
        (b"K\x01\x86", "takes a value from where there is none"),
        (b"t", "takes a value from where there is none"),
        (b"", "takes a value from where there is none"),
        (b"\xff", "cannot be read"),
        (b"X\xff\xff\xff\x7fa", "cannot be read"),
        (b"X\x01\x00\x00\x00\xff", "cannot be read"),
        (b"c\xff\nThing\n", "cannot be read"),
        (b"I" + b"1" * 5000 + b"\n", "cannot be read"),
    ],
)
def test_faults_and_traps_are_each_refused_in_words(body, sentence) -> None:
    with pytest.raises(PickleError, match=rf"^f\.pkl: its pickle {sentence}[^\n]*\.$"):
        read(pickled(body), {"place Thing": None})


def test_other_protocols_are_refused() -> None:
    with pytest.raises(PickleError, match="is of protocol 4; protocol 2 is read"):
        read(pickle.dumps([1], protocol=4))


def test_a_pickle_cut_anywhere_is_refused() -> None:
    data = pickle.dumps({"a": [1, 2.5, ("x", None)], "b": 2**70, "c": OrderedDict}, protocol=2)
    for length in range(len(data)):
        with pytest.raises(PickleError, match="cannot be read"):
            read(data[:length], {"collections OrderedDict": None})


def test_a_long_pickle_is_refused_unread() -> None:
    with pytest.raises(PickleError, match=f"has {LIMIT + 1} bytes; at most {LIMIT} are read"):
        read(bytes(LIMIT + 1))


def test_a_memo_index_in_the_billions_takes_no_memory() -> None:
    """Python's own reader makes room for twice the index: 64 GB."""
    assert read(pickled(b"]r\xff\xff\xff\xff")) == []


def test_a_nest_of_a_hundred_thousand_without_marks_is_read_and_let_go() -> None:
    value = read(pickled(EMPTY_TUPLE + b"\x85" * 100_000))
    stub = read(pickled(EMPTY_TUPLE + b"".join(b"\x85q\x00cp\nT\nh\x00\x81" for _ in range(10_000))), {"p T": None})
    assert isinstance(value, tuple) and isinstance(stub, Stub)
    del value, stub  # a destructor that recursed would end the process here


def test_tuples_doubled_forty_times_as_a_key_are_refused_at_once() -> None:
    """To hash them would take hours on any machine."""
    doubled = b"q\x00h\x00\x86" * 40
    with pytest.raises(PickleError, match="has a tuple as a key"):
        read(pickled(b"}" + EMPTY_TUPLE + doubled + b"K\x01s"))


def test_a_message_is_short_whatever_the_file_says() -> None:
    assert short("a" * 1000) == "a" * 117 + "..."
    with pytest.raises(PickleError) as error:
        read(pickled(b"c" + b"m" * 100_000 + b"\nx\n"))
    assert len(str(error.value)) < 300
