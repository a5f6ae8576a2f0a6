# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien provenance`: what a film says of its making."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.output import printable
from mien.cli.parser import add_command
from mien.errors import FAILED

if TYPE_CHECKING:
    from mien.video.provenance import Provenance
    from mien.video.provenance_reading import Manifest, Reading


def add_commands(commands) -> None:
    """Add `mien provenance` to the parser."""
    command = add_command(
        commands, "provenance", provenance_command, "show how a film was made and who agreed, as its manifest says"
    )
    command.add_argument("film", type=Path, help="mp4 or mov with a C2PA manifest, or any film with Mien's tag")


def provenance_command(args: argparse.Namespace) -> int:
    """mien provenance FILE; status 1 where the film says nothing, or its manifest does not hold."""
    from mien.video.provenance_reading import read_provenance

    reading = read_provenance(args.film)
    print(json.dumps(reading.to_json()) if args.json else printable_lines(reading))
    holds = reading.manifest.valid if reading.manifest else reading.tag is not None
    return 0 if holds and not reading.differs else FAILED


def printable_lines(reading: Reading) -> str:
    """A reading in words, for a terminal."""
    lines = _lines_of_manifest(reading.manifest) if reading.manifest else []
    if reading.manifest is None and reading.tag is None:
        lines = [
            "no manifest (C2PA) and no tag of Mien's: this file does not say how it was made. That proves nothing: "
            "programs that write a film anew leave both out."
        ]
    elif reading.manifest is None:
        lines = [
            "manifest (C2PA): none; the streams were copied into another file, or its container cannot hold one",
            "tag: Mien's; nobody signed it, and anybody can write one",
        ]
    elif reading.tag is None:
        lines.append("tag: none")
    else:
        lines.append(
            "tag: differs from the manifest, which is what counts" if reading.differs else "tag: says the same"
        )
    provenance = (reading.manifest and reading.manifest.provenance) or reading.tag
    return "\n".join(map(printable, [*lines, *(_lines_of_provenance(provenance) if provenance else [])]))


def _lines_of_manifest(manifest: Manifest) -> list[str]:
    who = "self-signed: no authority says who that is" if manifest.self_signed else "an authority this reader knows"
    if not manifest.self_signed and not manifest.trusted:
        who = "of an authority that this reader does not know"
    state = "the signature holds, and nothing was changed since"
    if not manifest.valid:
        state = f"DOES NOT HOLD: {', '.join(manifest.faults) or 'not valid'}; the film was changed after it was signed"
    sources = ", ".join(each.rsplit("/", 1)[-1] for each in manifest.source_types)
    lines = [
        f"manifest (C2PA): {state}",
        f"signed by: {manifest.signer} ({who})",
        f"made with: {manifest.generator}",
        f"digital source type (IPTC): {sources or 'not stated'}",
        "time: "
        + ("stamped by an authority" if manifest.stamped else "not stamped by an authority; the maker's clock"),
    ]
    if manifest.ingredients:
        lines.append(f"made from: {', '.join(manifest.ingredients)}")
    return lines


def _lines_of_provenance(provenance: Provenance) -> list[str]:
    engine = f", engine {provenance.engine}" if provenance.engine else ""
    seed = "" if provenance.seed is None else f", seed {provenance.seed}"
    lines = [f"{provenance.kind} by {provenance.software}{engine}{seed}"]
    lines += [f"  {each.role}: {each.name}, sha256 {each.sha256}" for each in provenance.inputs]
    if provenance.consent:
        consent = provenance.consent
        lines.append(f"consent: {consent.statement} (stated {consent.recorded}, {consent.through}; not verified)")
    return [*lines, *provenance.notes]
