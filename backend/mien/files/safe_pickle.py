# SPDX-License-Identifier: GPL-3.0-or-later
"""A pickle reader that calls nothing, for files of other people.

A pickle is a program that may call anything. Python's own reader with a restricted `find_class` still calls what it
lets through, allocates memory by one number (a memo index) and hashes keys of any depth. `torch.load` with
`weights_only=True` (2.13) refuses names, too, but hostile files pass it: 30 bytes allocate a bytearray of any size,
tuples doubled forty times as a key take hours to hash, and a stride of 0 makes terabytes of one number. So the few
instructions that are needed are carried out here. A name stays a name: what is called must be on the caller's list,
and the caller gives the result of the call, or leaves a `Stub`.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from mien.errors import FILE, MienError

LIMIT = 1 << 20  # bytes; the full ProbTalk3D stage 2 with its optimiser needs some 250 kB
DEPTH = 100  # marks open at once; Lightning's dicts need about ten
PROTOCOL = 2  # what torch.save and Python 2 write


class PickleError(MienError, ValueError):
    """The pickle is damaged or names what is not allowed; the message is a sentence for the user."""

    exit_status = FILE


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the pickle names, as `module name`; it is not imported."""

    path: str


@dataclass(slots=True, eq=False)
class Stub:
    """A call of an allowed name that was not made: its arguments, and the state that was to be set on the result."""

    path: str
    args: tuple
    state: object = None


Allowed = Mapping[str, Callable[[tuple], object] | None]
"""`module name` -> a function of a call's arguments to its result, or None for a Stub. Its errors reach the caller."""


def read_pickle(
    data: bytes, allowed: Allowed, name: str, load_persistent: Callable[[object], object] | None = None
) -> object:
    """The value of a pickle of protocol 2, made of None, bool, int, float, str, tuple, list, dict, Name and Stub.

    `allowed` has all names that the pickle may use; `name` stands for the file in messages; `load_persistent` gives the
    value of a persistent id, a reference to outside the pickle. Lists and dicts may contain themselves, and one value
    may be in many places: whoever walks the result has to count. PickleError for everything else.
    """
    if len(data) > LIMIT:
        raise PickleError(f"{name}: its pickle has {len(data)} bytes; at most {LIMIT} are read.")
    machine = Machine(allowed, name, load_persistent)
    try:
        for code, argument in instructions(data, name):
            if code != "STOP":  # always the last
                machine.step(code, argument)
        return machine.stack.pop()
    except IndexError:
        raise PickleError(f"{name}: its pickle takes a value from where there is none; it is damaged.") from None


def instructions(data: bytes, name: str) -> Iterator[tuple[str, object]]:
    """(name, argument) of each instruction. PickleError where the pickle of the file `name` cannot be parsed."""
    try:
        for code, argument, _ in pickletools.genops(data):
            yield code.name, argument
    except ValueError as error:  # an unknown instruction; a number or text cut short; no STOP
        raise PickleError(f"{name}: its pickle cannot be read ({short(error)}); it is damaged.") from None


def short(value: str | int | tuple[int, ...] | Exception) -> str:
    """At most 120 printable characters of a value from a file, for a message. No nested values: their text may be
    longer than any memory."""
    text = ascii(str(value))[1:-1]
    return text if len(text) <= 120 else text[:117] + "..."


CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Machine:
    """Carries instructions out, one `step` at a time, and refuses all that data do not need; nothing is called."""

    def __init__(self, allowed: Allowed, name: str, load_persistent: Callable[[object], object] | None) -> None:
        self.allowed, self.name, self.load_persistent = allowed, name, load_persistent
        self.stack: list = []  # values since the last mark
        self.marked: list[list] = []  # the stack below each mark
        self.memo: dict[int, object] = {}  # a dict: a list would grow to whatever index the file names

    def step(self, code: str, argument: object) -> None:
        """Carry out one instruction. PickleError for one that is not allowed or does not fit."""
        if code in LITERALS:
            self.stack.append(argument)
        elif code in CONSTANTS:
            self.stack.append(CONSTANTS[code])
        elif code in TUPLES:
            self.stack.append(tuple(self.take(TUPLES[code])))
        elif code in OPERATIONS:
            OPERATIONS[code](self, argument)
        else:
            self.refuse(f"uses the instruction {code}, which no such file needs")

    def refuse(self, reason: str) -> NoReturn:
        """PickleError: what the pickle does, as a clause."""
        raise PickleError(f"{self.name}: its pickle {reason}.")

    def take(self, count: int) -> list:
        """The last `count` values, off the stack."""
        if count > len(self.stack):
            raise IndexError
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def mark(self, _: object) -> None:
        if len(self.marked) == DEPTH:
            self.refuse(f"is nested more than {DEPTH} deep, which no such file needs")
        self.marked.append(self.stack)
        self.stack = []

    def since_mark(self) -> list:
        """The values since the last mark, which is taken away."""
        items, self.stack = self.stack, self.marked.pop()
        return items

    def memoise(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        if index not in self.memo:
            self.refuse(f"recalls value {index} before it was kept; it is damaged")
        self.stack.append(self.memo[index])

    def tuple_since_mark(self, _: object) -> None:
        items = self.since_mark()  # first: it changes which list the stack is
        self.stack.append(tuple(items))

    def set_items(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            self.refuse("puts keys and values where they do not fit; it is damaged")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in (str, int):  # the hash of nested tuples may take years
                self.refuse(f"has a {type(key).__name__} as a key; keys are text or whole numbers")
            target[key] = value

    def extend(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            self.refuse("puts an item where there is no list; it is damaged")
        target.extend(items)

    def mention(self, path: str) -> None:
        if path not in self.allowed:
            self.refuse(f"asks for {short(path).replace(' ', '.')}, which is not among what may be in it")
        self.stack.append(Name(path))

    def call(self, name: object, args: object) -> None:
        if type(name) is not Name:
            self.refuse("calls the result of another call, which no such file needs")
        if type(args) is not tuple:
            self.refuse(f"calls {name.path.replace(' ', '.')} without a list of arguments; it is damaged")
        make = self.allowed[name.path]
        self.stack.append(Stub(name.path, args) if make is None else make(args))

    def build(self, state: object) -> None:
        target = self.stack[-1]
        if type(target) is Stub:
            target.state = state
        elif type(target) is not dict:  # the attributes of an OrderedDict are not needed
            self.refuse(f"sets the state of a {type(target).__name__}, which has none; it is damaged")

    def persistent(self, _: object) -> None:
        if self.load_persistent is None:
            self.refuse("refers to something outside it, and there is nothing")
        self.stack.append(self.load_persistent(self.stack.pop()))

    def protocol(self, number: int) -> None:
        if number != PROTOCOL:
            self.refuse(f"is of protocol {number}; protocol {PROTOCOL} is read")


OPERATIONS: dict[str, Callable[[Machine, Any], None]] = {
    "PROTO": Machine.protocol,
    "MARK": Machine.mark,
    "BINPUT": Machine.memoise,
    "LONG_BINPUT": Machine.memoise,
    "BINGET": Machine.recall,
    "LONG_BINGET": Machine.recall,
    "TUPLE": Machine.tuple_since_mark,
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "SETITEM": lambda machine, _: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "APPEND": lambda machine, _: machine.extend(machine.take(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "GLOBAL": Machine.mention,
    "REDUCE": lambda machine, _: machine.call(*machine.take(2)),
    "NEWOBJ": lambda machine, _: machine.call(*machine.take(2)),
    "BUILD": lambda machine, _: machine.build(*machine.take(1)),
    "BINPERSID": Machine.persistent,
}
