# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands of `mien evaluate` share: flags, the page that tables go into, and what is printed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mien.files.markdown import require_section, write_section


def add_motion_folders(command: argparse.ArgumentParser) -> None:
    """The speech and its performances that takes are compared with; only every Nth clip of them."""
    command.add_argument("corpus", type=Path, help="a folder of `mien corpus build`")
    command.add_argument("motion", type=Path, help="a folder of `mien corpus perform`: that speech performed")
    command.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth clip (default: all)")


def add_page_flag(command: argparse.ArgumentParser, section: str | None = None) -> None:
    """The page of `print_result`; with `section` its name is a flag, too, and that is the default."""
    command.add_argument("--page", type=Path, metavar="MD", help="write the tables into this file, between its marks")
    if section is not None:
        command.add_argument("--section", default=section, metavar="NAME", help="which marks (default: %(default)s)")


def check_page(args: argparse.Namespace, section: str) -> None:
    """Refuse a page without the marks of the section, before anything is measured. SectionError."""
    if args.page is not None:
        require_section(args.page, section)


def print_result(
    args: argparse.Namespace, section: str, data: object, text: str, terminal_text: str | None = None
) -> None:
    """Print `data` as JSON, or `terminal_text`, or `text`; write `text` into the page, if there is one."""
    print(json.dumps(data) if args.json else terminal_text or text)
    if args.page is not None:
        write_section(args.page, section, text)
