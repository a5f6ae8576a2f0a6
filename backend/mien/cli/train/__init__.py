# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien train`: the weights that come with Mien, or your own. One module here for each package of `mien.training`, with
the commands that run it."""

from __future__ import annotations

from mien.cli.train import diffted, emodiffhead, kfusion, lips, personatalk, phones, probtalk3d, refinement


def add_commands(commands) -> None:
    """Add `train` to the commands of `mien`."""
    train = commands.add_parser("train", help="train the weights that come with Mien, or your own")
    train = train.add_subparsers(required=True, metavar="WHAT")
    lips.add_commands(train)
    phones.add_commands(train)
    probtalk3d.add_commands(train)
    emodiffhead.add_commands(train)
    kfusion.add_commands(train)
    diffted.add_commands(train)
    personatalk.add_commands(train)
    refinement.add_commands(train)
