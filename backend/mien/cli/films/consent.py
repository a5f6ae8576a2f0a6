# SPDX-License-Identifier: GPL-3.0-or-later
"""The flag --consent of commands that make a film of a person, and the question in the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.output import printable
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.video.consent import Consent


def add_consent_flag(command: argparse.ArgumentParser) -> None:
    """Add --consent, which `consent_of` reads."""
    command.add_argument(
        "--consent", metavar="WORDS",
        help="who agreed to this film, and when; kept, and written into the film (default: the terminal asks, once for "
        "each clip or photo)",
    )  # fmt: skip


def consent_of(args: argparse.Namespace, shown: Path) -> Consent:
    """The consent for a film of who is shown in this clip or photo: given by the flag, on record, or asked for where a
    terminal is there. ConsentMissing, ConsentError in words; OSError."""
    from mien.video.consent import file_digest, require_consent

    terminal = sys.stdin is not None and sys.stdin.isatty() and not args.json
    through = "command line" if args.consent is not None else "terminal"
    return require_consent(
        file_digest(shown),
        printable(shown.name),
        Settings.read().data_folder,
        args.consent,
        _ask if terminal else None,
        through,
    )


def _ask(question: str) -> str:
    """The answer of whoever sits at the terminal; empty where they have none."""
    print(question, file=sys.stderr)
    try:
        return input("> ")
    except EOFError:
        return ""
