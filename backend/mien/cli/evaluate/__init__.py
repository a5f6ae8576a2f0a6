# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate`: measures of engines, of what is read from films, and of the phone recogniser; a module here each."""

from __future__ import annotations

from mien.cli.evaluate import (
    breaths,
    dub,
    emotion,
    gestures,
    landmarks,
    layouts,
    nonverbal,
    persona,
    phone_ablations,
    phones,
    portrait,
    real,
    steps,
    takes,
    talk,
    tracking,
    training,
)


def add_commands(commands) -> None:
    """Add `evaluate` to the commands of `mien`."""
    evaluate = commands.add_parser("evaluate", help="measure an engine or the phone recogniser")
    evaluate = evaluate.add_subparsers(required=True, metavar="WHAT")
    real.add_commands(evaluate)
    nonverbal.add_commands(evaluate)
    phones.add_commands(evaluate)
    breaths.add_commands(evaluate)
    phone_ablations.add_commands(evaluate)
    takes.add_commands(evaluate)
    emotion.add_commands(evaluate)
    steps.add_commands(evaluate)
    layouts.add_commands(evaluate)
    landmarks.add_commands(evaluate)
    tracking.add_commands(evaluate)
    persona.add_commands(evaluate)
    gestures.add_commands(evaluate)
    dub.add_commands(evaluate)
    portrait.add_commands(evaluate)
    talk.add_commands(evaluate)
    training.add_commands(evaluate)
