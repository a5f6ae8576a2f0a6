# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's pickles, read without running them.

A pickle is a program that may call anything. Python's own reader with a guarded `find_class` still calls what was
let through, fills memory from one number (a memo index) and hashes keys of any depth; so the few instructions that
are needed are carried out here. Names stay names: what is called must be a name on the caller's list, and the caller
says what that call gives, or leaves it a `Stub`.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mien.errors import FILE, MienError

LIMIT = 1 << 20  # bytes; the full ProbTalk3D stage 2 with its optimiser needs some 250 kB
DEPTH = 100  # marks open at once; Lightning's dicts need about ten
PROTOCOL = 2  # what torch.save and Python 2 write


class PickleError(MienError, ValueError):
    """The pickle is damaged or asks for what is not allowed; the message is a sentence for the user."""

    exit_status = FILE


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the pickle mentions, as `module name`; nothing is imported for it."""

    path: str


@dataclass(slots=True, eq=False)
class Stub:
    """What a call of a listed name would have made: its arguments and the state that was to be set."""

    path: str
    args: tuple
    state: object = None


Known = Mapping[str, Callable[[tuple], object] | None]
"""`module name` -> what a call with these arguments gives; None leaves a Stub. What it raises reaches the caller."""


def read_pickle(data: bytes, known: Known, name: str, persistent: Callable[[object], object] | None = None) -> object:
    """The value of a pickle of protocol 2, made of None, bool, int, float, str, tuple, list, dict, Name and Stub.

    `known` is all that the pickle may mention; `name` stands for the file in messages; `persistent` turns the
    references to things outside the pickle into values. Lists and dicts may hold themselves, and one value may stand
    in many places: whoever walks the result has to count. Raises PickleError.
    """
    if len(data) > LIMIT:
        raise PickleError(f"{name}: its pickle has {len(data)} bytes; at most {LIMIT} are read.")
    machine = Machine(known, name, persistent)
    try:
        for code, argument in instructions(data, name):
            if code != "STOP":  # always the last
                machine.step(code, argument)
        return machine.stack.pop()
    except IndexError:
        raise PickleError(f"{name}: its pickle takes a value from where there is none; it is damaged.") from None


def instructions(data: bytes, name: str) -> Iterator[tuple[str, object]]:
    """(name, argument) of each. PickleError, of the file `name`, where they cannot be told apart."""
    try:
        for code, argument, _ in pickletools.genops(data):
            yield code.name, argument
    except ValueError as error:  # an unknown instruction; a number or text cut short; no STOP
        raise PickleError(f"{name}: its pickle cannot be read ({short(error)}); it is damaged.") from None


def short(thing: str | int | tuple[int, ...] | Exception) -> str:
    """At most 120 characters of something that a file says, fit for a message. Nothing nested: its text may be
    longer than any memory."""
    text = ascii(str(thing))[1:-1]
    return text if len(text) <= 120 else text[:117] + "..."


CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Machine:
    """Carries instructions out, one `step` at a time, and refuses all that no data need; nothing is ever called."""

    def __init__(self, known: Known, name: str, persistent: Callable[[object], object] | None) -> None:
        self.known, self.name, self.persistent = known, name, persistent
        self.stack: list = []  # values since the last mark
        self.marked: list[list] = []  # what lay below each mark
        self.memo: dict[int, object] = {}  # a dict: a list would grow to whatever index the file names

    def step(self, code: str, argument: object) -> None:
        match code:
            case "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = self.stack[-1]
            case "BINGET" | "LONG_BINGET":
                if argument not in self.memo:
                    self.refuse(f"recalls value {argument} before it was kept; it is damaged")
                self.stack.append(self.memo[argument])
            case _ if code in LITERALS:
                self.stack.append(argument)
            case _ if code in CONSTANTS:
                self.stack.append(CONSTANTS[code])
            case _ if code in TUPLES:
                self.stack.append(tuple(self.take(TUPLES[code])))
            case "TUPLE":
                items = self.since_mark()
                self.stack.append(tuple(items))
            case "MARK":
                if len(self.marked) == DEPTH:
                    self.refuse(f"is nested more than {DEPTH} deep, which no such file needs")
                self.marked.append(self.stack)
                self.stack = []
            case "EMPTY_DICT":
                self.stack.append({})
            case "EMPTY_LIST":
                self.stack.append([])
            case "SETITEMS":
                self.set_items(self.since_mark())
            case "SETITEM":
                self.set_items(self.take(2))
            case "APPENDS":
                self.extend(self.since_mark())
            case "APPEND":
                self.extend(self.take(1))
            case "GLOBAL":
                if argument not in self.known:
                    self.refuse(f"asks for {short(argument).replace(' ', '.')}, which is not among what may be in it")
                self.stack.append(Name(argument))
            case "REDUCE" | "NEWOBJ":
                self.call(*self.take(2))
            case "BUILD":
                self.build(*self.take(1))
            case "BINPERSID":
                if self.persistent is None:
                    self.refuse("refers to something outside it, and there is nothing")
                self.stack.append(self.persistent(self.stack.pop()))
            case "PROTO":
                if argument != PROTOCOL:
                    self.refuse(f"is of protocol {argument}; protocol {PROTOCOL} is read")
            case _:
                self.refuse(f"uses the instruction {code}, which no such file needs")

    def refuse(self, why: str) -> None:
        raise PickleError(f"{self.name}: its pickle {why}.")

    def take(self, count: int) -> list:
        if count > len(self.stack):
            raise IndexError
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def since_mark(self) -> list:
        items, self.stack = self.stack, self.marked.pop()
        return items

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

    def call(self, name: object, args: object) -> None:
        if type(name) is not Name:
            self.refuse("calls the result of another call, which no such file needs")
        if type(args) is not tuple:
            self.refuse(f"calls {name.path.replace(' ', '.')} without a list of arguments; it is damaged")
        make = self.known[name.path]
        self.stack.append(Stub(name.path, args) if make is None else make(args))

    def build(self, state: object) -> None:
        target = self.stack[-1]
        if type(target) is Stub:
            target.state = state
        elif type(target) is not dict:  # of an OrderedDict's attributes nothing is needed
            self.refuse(f"sets the state of a {type(target).__name__}, which has none; it is damaged")
