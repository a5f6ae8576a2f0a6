# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument parser of the command `mien`, whose errors are one line, and how a command is added to it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import NoReturn

from mien.errors import USAGE, MienError

Execute = Callable[[argparse.Namespace], int]
"""A command: its arguments to its exit status."""


class UsageError(MienError, ValueError):
    """The command line cannot be understood."""

    exit_status = USAGE


class Parser(argparse.ArgumentParser):
    """Raises UsageError, in one line, in place of a usage text and an exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}{_near(message)} (see {self.prog} --help)")


def _near(message: str) -> str:
    """A guess at what was meant, for a choice that there is none of."""
    import difflib

    found = re.search(r"invalid choice: '(.+?)' \(choose from (.+)\)", message)
    if found is None:
        return ""
    choices = [choice.strip(" '") for choice in found[2].split(",")]
    near = difflib.get_close_matches(found[1], choices, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def add_command(commands, name: str, execute: Execute, description: str) -> Parser:
    """A parser for one command among `commands`, with the flag --json that all have."""
    command = commands.add_parser(name, help=description, description=f"{description[0].upper()}{description[1:]}.")
    command.set_defaults(execute=execute)
    command.add_argument("--json", action="store_true", help="one JSON object on standard output, for machines")
    return command
