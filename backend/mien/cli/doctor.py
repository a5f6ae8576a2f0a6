# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien doctor`: what this machine or a backend has and lacks."""

from __future__ import annotations

import argparse
import os

from mien.cli.parser import add_command


def add_commands(commands) -> None:
    """Add `mien doctor` to the parser."""
    doctor = add_command(commands, "doctor", doctor_command, "say what this machine or a backend has and lacks")
    doctor.add_argument("--backend", metavar="URL", help="ask this backend instead; its token is read from MIEN_TOKEN")


def doctor_command(args: argparse.Namespace) -> int:
    """mien doctor: 1 where something is missing that is needed."""
    from mien.doctor import checks
    from mien.service.network.probe import require_address

    if args.backend:
        require_address(args.backend)
        findings = checks.examine_backend(args.backend, os.environ.get("MIEN_TOKEN", ""))
    else:
        findings = checks.examine()
    print(checks.to_json(findings) if args.json else checks.report(findings))
    return 0 if checks.healthy(findings) else 1
